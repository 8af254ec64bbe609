import EventLog
import Peers

extension LogSummary {
  /// The summary as aligned text.
  public var text: String {
    let width = facts.map(\.name.count).max() ?? 0
    var text = "run\n"
    for fact in facts {
      let padding = String(repeating: " ", count: width - fact.name.count)
      text += "  \(fact.name)\(padding)  \(fact.value.plain)\n"
    }
    return text + "\n" + tables.map(\.plain).joined()
  }

  /// The summary as one JSON object with its keys in fixed order and a line feed at the end.
  public var json: String {
    let run = facts.map { JSONText.quoted($0.name) + ":" + $0.value.json }.joined(separator: ",")
    let rest = tables.map { ",\n" + JSONText.quoted($0.title) + ":" + $0.json }.joined()
    return "{\"run\":{" + run + "}" + rest + "}\n"
  }

  var facts: [(name: String, value: SummaryTable.Cell)] {
    var facts: [(name: String, value: SummaryTable.Cell)] = []
    if case .start(_, let seed, let commit, let toolchain, let mode, _, let scenario, _) = start {
      facts.append(("scenario", .text(scenario)))
      facts.append(("seed", .text(String(seed))))
      facts.append(("commit", .text(commit)))
      facts.append(("toolchain", .text(toolchain)))
      facts.append(("mode", .text(mode)))
    }
    if let node { facts.append(("node", .text(node))) }
    facts.append(("verdict", .text(verdict?.rawValue ?? "cut_off")))
    if !verdictDetail.isEmpty { facts.append(("detail", .text(verdictDetail))) }
    if let cut {
      facts.append(("cut_line", .number(cut.line)))
      facts.append(("cut_bytes", .number(cut.bytes)))
    }
    facts.append(("records", .number(recordCount)))
    facts.append(("duration_ns", .number(Int(duration))))
    if let timeToComplete { facts.append(("state_complete_ns", .number(Int(timeToComplete)))) }
    facts.append(("state_resets", .number(stateResets)))
    facts.append(("stalls", .number(stalls)))
    facts.append(("reverts", .number(revertDepths.values.reduce(0, +))))
    facts.append(("reverted_blocks", .number(revertedBlocks)))
    return facts + (node == nil ? [] : standingFacts) + costFacts
  }

  /// Where the one node stands that the summary is of.
  private var standingFacts: [(name: String, value: SummaryTable.Cell)] {
    var facts: [(name: String, value: SummaryTable.Cell)] = []
    func add(_ name: String, _ value: (some BinaryInteger)?) {
      if let value { facts.append((name, .number(Int(clamping: value)))) }
    }
    add("started_ns", standing.started)
    if let start = standing.started, let end = timeToComplete {
      add("complete_after_ns", max(0, end - start))
    }
    add("head", standing.head)
    add("held_ppm", standing.heldPpm)
    add("missing_ranges", standing.missingRanges)
    add("forecast_error_ppm", forecastErrorPpm)
    add("crashes", crashes)
    return facts
  }

  /// What was received, and how much of it was of use.
  private var costFacts: [(name: String, value: SummaryTable.Cell)] {
    func bytes(_ outcomes: [String]) -> Int {
      chunks.filter { outcomes.contains($0.key.outcome) }.values
        .reduce(0) { Tally.sum($0, $1.bytes) }
    }
    let received = traffic.values.reduce(0) { Tally.sum($0, $1.ended.bytes) }
    let judged = chunks.values.reduce(0) { Tally.sum($0, $1.bytes) }
    let stalled = stallList.reduce(0) { Tally.sum($0, Int(length(of: $1))) }
    return [
      ("received_bytes", .number(received)),
      ("useful_chunk_bytes", .number(bytes(["accepted"]))),
      ("unused_chunk_bytes", .number(bytes(["ignored", "discarded", "pruned"]))),
      ("refused_chunk_bytes", .number(bytes(["rejected"]))),
      ("other_received_bytes", .number(max(0, received - judged))),
      ("refusals", .number(refusals.values.reduce(0) { Tally.sum($0, $1.count) })),
      ("bans", .number(peers.values.reduce(0) { $0 + $1.bans })),
      ("stalled_ns", .number(stalled)),
      ("longest_stall_ns", .number(stallList.map { Int(length(of: $0)) }.max() ?? 0)),
    ]
  }

  /// How long the stall took; one that is not over lasts to the end of the log.
  private func length(of stall: Stall) -> Int64 {
    stall.length ?? max(0, duration - stall.from)
  }

  var tables: [SummaryTable] {
    [
      SummaryTable(
        title: "blocks", columns: ["outcome", "reason", "blocks"],
        rows: blocks.sorted { $0.key < $1.key }.map {
          [.text($0.key.outcome), .text($0.key.reason), .number($0.value)]
        }),
      table("diffs", of: diffs, items: "entries"),
      table("chunks", of: chunks, items: "items"),
      SummaryTable(
        title: "requests",
        columns: ["type", "sent", "sent_bytes", "ended", "received_bytes"],
        rows: traffic.sorted { $0.key < $1.key }.map {
          [
            .text($0.key), .number($0.value.sent.count), .number($0.value.sent.bytes),
            .number($0.value.ended.count), .number($0.value.ended.bytes),
          ]
        }),
      SummaryTable(
        title: "reverts", columns: ["depth", "reverts"],
        rows: revertDepths.sorted { $0.key < $1.key }.map { [.number($0.key), .number($0.value)] }),
      peerTable,
      SummaryTable(
        title: "refusals", columns: ["kind", "peer", "reason", "messages", "items", "bytes"],
        rows: refusals.sorted { $0.key < $1.key }.map { refusal, tally in
          [
            .text(refusal.kind), .text(refusal.peer.map { "p\($0)" } ?? ""),
            .text(refusal.reason), .number(tally.count), .number(tally.items),
            .number(tally.bytes),
          ]
        }),
      SummaryTable(
        title: "rebranches", columns: ["t_ns", "node", "block", "depth", "adopted"],
        rows: rebranches.map {
          [
            .number(Int($0.time)), .text($0.node), .number(Int($0.block)), .number($0.depth),
            .number($0.adopted),
          ]
        }),
      SummaryTable(
        title: "stall_list", columns: ["t_ns", "node", "duration_ns", "blocker"],
        rows: stallList.map {
          [
            .number(Int($0.from)), .text($0.node), .number(Int(length(of: $0))),
            .text($0.blocker),
          ]
        }),
    ]
  }

  private func table(_ title: String, of outcomes: [Outcome: Tally], items: String) -> SummaryTable
  {
    SummaryTable(
      title: title, columns: ["outcome", "reason", title, items, "bytes"],
      rows: outcomes.sorted { $0.key < $1.key }.map {
        [
          .text($0.key.outcome), .text($0.key.reason), .number($0.value.count),
          .number($0.value.items), .number($0.value.bytes),
        ]
      })
  }

  /// What each peer served: how its requests ended, and what of it was of use.
  private var peerTable: SummaryTable {
    let outcomes = Event.RequestOutcome.allCases
    return SummaryTable(
      title: "peers",
      columns: ["peer", "requests", "bytes", "chunks", "items", "rejected", "bans", "wasted_bytes"]
        + outcomes.map(\.rawValue),
      rows: peers.sorted { $0.key < $1.key }.map { peer, service in
        [
          .text("p\(peer)"), .number(service.outcomes.values.reduce(0, +)),
          .number(service.bytes), .number(service.chunks.count), .number(service.chunks.items),
          .number(service.rejections), .number(service.bans), .number(service.wastedBytes),
        ] + outcomes.map { .number(service.outcomes[$0, default: 0]) }
      })
  }
}
