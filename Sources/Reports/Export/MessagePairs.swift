import EventLog

/// Finds the messages between nodes in a log that has several: the record in which one node sends
/// and that in which another takes it in.
///
/// A request belongs to the next answer that its peer gives to the node for one of this type, the
/// answer to the end of the request. A block belongs to all nodes to which it is announced. The log
/// of one node alone has no messages, since the other side of each is missing. Where requests are
/// lost between two nodes, those of one type on their way at that time can be taken for each other.
struct MessagePairs: Sendable {
  /// What a record has to do with messages.
  struct Part: Sendable, Equatable {
    /// The record sends something.
    var sends = false
    /// Number of the record that sent what comes in here.
    var receives: UInt64?
  }

  private struct Line: Hashable, Sendable {
    let from: String
    let to: String
    let type: String
  }

  /// Requests on their way, by the number of the record that sent them.
  private var requests = BoundedMap<Line, [UInt64]>(limit: ReportLimits.exportPendingMax)
  /// The record in which a request was answered, by the record that sent it.
  private var answers = BoundedMap<UInt64, UInt64>(limit: ReportLimits.exportPendingMax)
  private var blocks = BoundedMap<String, (node: String, sequence: UInt64)>(
    limit: ReportLimits.exportPendingMax)

  /// Looks at the next record.
  mutating func take(_ record: StoryRecord) -> Part {
    switch record.name {
    case "request.sent":
      guard let line = line(from: record, toPeer: true) else { return Part() }
      let waiting = requests[line] ?? []
      requests[line] = waiting.suffix(ReportLimits.storyWaitingMax - 1) + [record.sequence]
      return Part(sends: true)
    case "request.served", "request.refused":
      guard let line = line(from: record, toPeer: false), let waiting = requests[line],
        let sent = waiting.first
      else { return Part() }
      requests[line] = Array(waiting.dropFirst())
      answers[sent] = record.sequence
      return Part(sends: record.name == "request.served", receives: sent)
    case "request.ended": return ended(record)
    case "block.produced":
      if let hash = record.text(.hash), blocks[hash] == nil {
        blocks[hash] = (record.node, record.sequence)
      }
      return Part(sends: true)
    case "block.announced":
      guard let hash = record.text(.hash), let origin = blocks[hash], origin.node != record.node
      else { return Part() }
      return Part(receives: origin.sequence)
    default: return Part()
    }
  }

  private mutating func ended(_ record: StoryRecord) -> Part {
    guard let sent = record.record.cause else { return Part() }
    // A request that never came cannot be taken for the next one any more.
    if let line = line(from: record, toPeer: true), let waiting = requests[line] {
      requests[line] = waiting.filter { $0 != sent }
    }
    defer { answers[sent] = nil }
    guard record.text(.outcome) == "answered" else { return Part() }
    return Part(receives: answers[sent])
  }

  private func line(from record: StoryRecord, toPeer: Bool) -> Line? {
    guard let peer = record.peer, let type = record.text(.type) else { return nil }
    let own = Self.peerName(of: record.node)
    return toPeer
      ? Line(from: own, to: peer, type: type) : Line(from: peer, to: own, type: type)
  }

  /// What others call the node: the joining node of a simulation is number 0.
  private static func peerName(of node: String) -> String { node == "s0" ? "p0" : node }
}
