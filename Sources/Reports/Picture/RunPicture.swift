import EventLog
import LiveSync
import Node
import Peers
import Primitives
import Simulation
import StateTrie

/// What a picture of one node's sync shows, gathered from the records of an event log in order: who
/// brought which part of the key space when, and what went on meanwhile.
///
/// The key space is seen as `ReportLimits.pictureRows` rows of the same height. A row is held
/// from the moment on that the key in its middle is.
public struct RunPicture: Sendable {
  /// Something that lasts; no end if it lasts to the end of the log.
  struct Span: Sendable {
    var from: Int64
    var to: Int64?
    var label: String
  }

  /// Rows that one peer brought at one time, and when they were given up.
  package struct Fill: Sendable {
    package var rows: Range<Int>
    package var peer: UInt32
    package var from: Int64
    package var to: Int64?
  }

  /// Something that happens at one time.
  struct Mark: Sendable {
    enum Kind: Sendable { case rebranch, complete, givenUp, ban }
    var kind: Kind
    var time: Int64
    var label: String
  }

  let node: String
  private(set) var title = ""
  /// When the node began; nil before that.
  private(set) var start: Int64?
  private(set) var end: Int64 = 0
  package private(set) var fills: [Fill] = []
  private(set) var marks: [Mark] = []
  private(set) var stalls: [Span] = []
  private(set) var deaths: [Span] = []
  /// Peers that were away; the label is the peer.
  private(set) var absences: [Span] = []
  /// Number of held rows from each time on.
  package private(set) var growth: [(time: Int64, rows: Int)] = []
  private var held = [Bool](repeating: false, count: ReportLimits.pictureRows)
  private var heldCount = 0
  /// The first fill that may still be held.
  private var firstOpenFill = 0

  /// A picture of the node with this name, such as `s0`.
  public init(node: String) {
    self.node = node
  }

  /// False if the log says nothing of the node's start.
  public var isEmpty: Bool { start == nil }

  /// Takes the next record.
  public mutating func add(_ record: EventRecord) {
    end = max(end, record.time)
    switch record.event.group {
    case Event.Run.start(_, let seed, _, _, _, _, let scenario, _):
      title = "\(scenario), seed \(seed)"
    case Event.Fault.injected("leave", let target, _):
      absences.append(Span(from: record.time, to: nil, label: target))
    case Event.Fault.ended("leave", let target):
      if let last = absences.lastIndex(where: { $0.label == target }) {
        absences[last].to = record.time
      }
    default:
      if record.context.node == node { take(record.event, at: record.time) }
    }
  }

  private mutating func take(_ event: Event, at time: Int64) {
    switch event.group {
    case Event.Node.started:
      if start == nil { start = time }
      Self.close(&deaths, at: time)
    case Event.Node.crashed(let reason):
      Self.close(&stalls, at: time)
      deaths.append(Span(from: time, to: nil, label: reason))
    case Event.Chunk.accepted(let chunk): fill(chunk, at: time)
    case Event.Chain.historyAdopted, Event.Chain.stateGivenUp: giveUp(at: time)
    case Event.Chain.rebranched(_, _, _, let depth, _):
      marks.append(Mark(kind: .rebranch, time: time, label: "\(depth)"))
    case Event.State.complete:
      marks.append(Mark(kind: .complete, time: time, label: "complete"))
    case Event.Peer.banned(let peer, _):
      marks.append(Mark(kind: .ban, time: time, label: "\(peer)"))
    case Event.Stall.detected(let blocker, let since, _):
      Self.close(&stalls, at: time)
      stalls.append(Span(from: since, to: nil, label: blocker.rawValue))
    case Event.Stall.resolved: Self.close(&stalls, at: time)
    default: break
    }
  }

  private static func close(_ spans: inout [Span], at time: Int64) {
    guard let last = spans.indices.last, spans[last].to == nil else { return }
    spans[last].to = time
  }

  /// Notes the rows of a chunk that were not held.
  private mutating func fill(_ chunk: Event.ChunkFacts, at time: Int64) {
    let rows =
      Self.row(
        chunk.startKey)..<max(
        Self.row(chunk.startKey), chunk.endKey.map(Self.row) ?? ReportLimits.pictureRows)
    var begin: Int?
    for row in rows.lowerBound...rows.upperBound {
      let isNew = row < rows.upperBound && !held[row]
      if isNew {
        held[row] = true
        heldCount += 1
        begin = begin ?? row
      } else if let first = begin {
        fills.append(Fill(rows: first..<row, peer: chunk.peer, from: time, to: nil))
        begin = nil
      }
    }
    note(at: time)
  }

  private mutating func giveUp(at time: Int64) {
    guard heldCount > 0 else { return }
    for index in firstOpenFill..<fills.count { fills[index].to = time }
    firstOpenFill = fills.count
    held = [Bool](repeating: false, count: ReportLimits.pictureRows)
    heldCount = 0
    note(at: time)
    marks.append(Mark(kind: .givenUp, time: time, label: "state given up"))
  }

  private mutating func note(at time: Int64) {
    if growth.last?.time == time { growth.removeLast() }
    if growth.last?.rows != heldCount { growth.append((time, heldCount)) }
  }

  /// The first row whose middle is not below `key`.
  private static func row(_ key: KeyNibbles) -> Int {
    var place = 0
    for index in 0..<Self.digits {
      place = place << 4 | (index < key.count ? key[index] : 0)
    }
    let height = (1 << (4 * Self.digits)) / ReportLimits.pictureRows
    return min(ReportLimits.pictureRows, (place + height / 2 - 1) / height)
  }

  /// Digits of a key that decide on its row.
  private static let digits = 8
}
