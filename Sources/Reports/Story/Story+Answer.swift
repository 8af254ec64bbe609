import EventLog

extension Story {
  /// One line of the answer: what it is about, and what holds.
  struct Line: Sendable, Hashable {
    let label: String
    let text: String
  }

  /// What follows from the records, the most important first.
  var answer: [Line] {
    switch target.subject.kind {
    case .chunk, .request:
      var lines = courses.sorted { $0.key < $1.key }.flatMap { Self.lines($0.value) }
      let others = target.threads.count - courses.count
      if others > 0 { lines.append(Line(label: "more", text: "\(others) others like it")) }
      return lines
    case .peer: return serviceLines + milestones(Self.peerEvents)
    case .block: return milestones(Self.blockEvents) + waitingLines
    case .snapshot: return milestones(Self.snapshotEvents)
    }
  }

  private static let peerEvents = [
    ("is there", ["peer.joined", "transport.connected", "peer.promoted"]),
    ("paid", ["peer.demoted", "peer.banned", "reconciliation.penalised", "transport.banned"]),
    ("proof", ["peer.evidence"]),
    ("lied", ["chunk.rejected", "diff.rejected", "block.rejected", "blocks.rejected"]),
    ("left", ["peer.left", "peer.behind", "peer.ahead", "transport.disconnected"]),
    ("fault", ["fault.injected"]),
  ]

  private static let blockEvents = [
    ("made", ["block.produced"]), ("announced", ["block.announced"]),
    ("came", ["block.accepted", "blocks.received"]),
    ("waited", ["block.buffered"]), ("refused", ["block.rejected", "blocks.rejected"]),
    ("unused", ["block.ignored", "block.dropped", "blocks.failed"]),
    ("diff", ["diff.accepted", "diff.rejected", "diff.failed"]),
    (
      "chain",
      [
        "chain.extended", "chain.rebranched", "chain.stored", "chain.finalized",
        "chain.epoch_finalized", "chain.history_adopted", "chain.fork_proof",
      ]
    ),
    ("state", ["state.complete", "state.incomplete", "state.wrong_root"]),
    ("paid", ["peer.demoted", "peer.banned", "peer.behind"]),
  ]

  private static let snapshotEvents = [
    ("taken", ["snapshot.taken", "snapshot.failed", "snapshot.skipped"]),
    ("offered", ["joining.offered"]), ("chosen", ["joining.chosen"]),
    ("declined", ["joining.declined", "joining.refused"]), ("lost", ["joining.lost"]),
    ("expected", ["state.sources"]),
    ("pieces", ["chunk.accepted"]), ("refused", ["chunk.rejected"]),
    ("unused", ["chunk.ignored", "chunk.discarded", "chunk.pruned"]),
    ("removed", ["snapshot.removed"]),
  ]

  /// The first records of these events, and how many more there are.
  private func milestones(_ labels: [(String, [String])]) -> [Line] {
    labels.flatMap { label, events in
      events.compactMap { event -> Line? in
        guard let step = first[event], let count = tally[event] else { return nil }
        var text = "at \(Figures.moment(step.time)) \(step.text)"
        if count > 1, let last = last[event] {
          text += "; \(count - 1) more until \(Figures.moment(last.time))"
        }
        return Line(label: label, text: text)
      }
    }
  }

  private var waitingLines: [Line] {
    let waiting = tally["chunk.buffered"] ?? 0
    if waiting == 0 { return [] }
    return [
      Line(label: "for it", text: "\(waiting) \(waiting == 1 ? "chunk" : "chunks") waited for it")
    ]
  }

  private var serviceLines: [Line] {
    var lines: [Line] = []
    let outcomes = service.outcomes.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    if !outcomes.isEmpty {
      lines.append(
        Line(
          label: "requests",
          text: "\(outcomes.joined(separator: ", ")); \(Figures.bytes(service.bytes)) came"))
    }
    let fates: [(StoryFate, String)] = [
      (.taken, "of use"), (.unused, "of no use"), (.refused, "refused"),
    ]
    let chunks = fates.compactMap { fate, word in
      service.chunks[fate].map { "\($0.count) \(word) (\(Figures.bytes($0.bytes)))" }
    }
    if !chunks.isEmpty {
      lines.append(Line(label: "chunks", text: chunks.joined(separator: ", ")))
    }
    return lines
  }

  /// How one thing fared: asked, waited, decided, paid, cost, and what came after.
  private static func lines(_ course: Course) -> [Line] {
    var lines: [Line] = []
    func add(_ label: String, _ text: String) { lines.append(Line(label: label, text: text)) }
    if let settled = course.settled {
      add("outcome", "at \(Figures.moment(settled.time)) \(settled.text)")
    } else if let ended = course.ended {
      add("outcome", "at \(Figures.moment(ended.time)) \(ended.text)")
    } else {
      add("outcome", "the log ends before it is decided")
    }
    if let asked = course.asked { add("asked", "at \(Figures.moment(asked.time)) \(asked.text)") }
    if let request = course.request {
      add("request", "number \(request): \(course.ended?.text ?? "it has no end in the log")")
    }
    if let waits = course.waits {
      let end = course.settled.map { $0.time - waits.time }
      let length = end.map { Figures.duration(UInt64(max(0, $0))) } ?? "to the end of the log"
      let block = course.awaitedCame.map { "; \($0.text) at \(Figures.moment($0.time))" } ?? ""
      add("waited", "\(length): \(waits.text)\(block)")
    }
    for penalty in course.penalties {
      add("paid", "at \(Figures.moment(penalty.time)) \(penalty.text)")
    }
    if course.penalties.isEmpty, course.fate == .refused {
      let before = course.banned.map {
        "\(course.peer) was banned before, at \(Figures.moment($0.time))"
      }
      add("paid", before ?? "nobody, as far as the log says")
    }
    if course.bytes > 0 {
      let isWasted = course.fate != nil && course.fate != .taken
      add("cost", Figures.bytes(course.bytes) + (isWasted ? ", all of it wasted" : ""))
    }
    if let filled = course.filled {
      add("then", "at \(Figures.moment(filled.time)) \(filled.text) (record \(filled.sequence))")
    }
    return lines
  }
}
