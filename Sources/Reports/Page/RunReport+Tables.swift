import Primitives

extension RunReport {
  private func section(_ title: String, _ why: String, _ body: String) -> String {
    "<section><h2>\(title)</h2><p class=\"why\">\(why)</p>\(body)</section>"
  }

  func refusals(_ figures: ReportFigures) -> String {
    let table = figures.table(
      "refusals",
      [
        ReportColumn("from") { peerName(figures.text("refusals.\($0).peer")) },
        ReportColumn("what") {
          HTMLText.escaped(figures.text("refusals.\($0).kind").replacing("_", with: " "))
        },
        ReportColumn("why", isLong: true) {
          HTMLText.escaped(StoryReasons.sentence(figures.text("refusals.\($0).reason")))
        },
        figures.column("refusals", "messages", "messages"),
        ReportColumn("bytes", isNumber: true) { index in
          // Only of chunks the log says how long they were.
          figures.text("refusals.\(index).kind") == "chunk"
            ? figures.html("refusals.\(index).bytes", unit: "byte")
            : "<span class=\"dim\">not in the log</span>"
        },
      ])
    let isEmpty = figures.rowCount("refusals") == 0
    return section(
      "What was refused",
      isEmpty
        ? "Every message that was looked at was what it claimed to be."
        : "Every message is checked before anything of it is used. These were wrong, so they "
          + "changed nothing, and whoever sent a provable lie was banned.",
      isEmpty ? "" : table)
  }

  func peers(_ figures: ReportFigures) -> String {
    let count = figures.rowCount("peers")
    func number(_ index: Int, _ name: String) -> Int {
      figures.number("peers.\(index).\(name)") ?? 0
    }
    let total = (0..<count).reduce(0) { LogSummary.Tally.sum($0, number($1, "items")) }
    let table = figures.table(
      "peers",
      [
        ReportColumn("peer") { index in
          let ban = number(index, "bans") > 0 ? " <span class=\"badge bad\">banned</span>" : ""
          return peerName(figures.text("peers.\(index).peer")) + ban
        },
        ReportColumn("share of the accounts") { index in
          Self.bar(number(index, "items"), of: total, figures.text("peers.\(index).peer"))
        },
        figures.column("peers", "items", "accounts"),
        figures.column("peers", "chunks", "chunks taken"),
        figures.column("peers", "bytes", "received", unit: "byte"),
        figures.column("peers", "wasted_bytes", "wasted", unit: "byte"),
        figures.column("peers", "requests", "requests"),
        figures.column("peers", "timeout", "timed out"),
        figures.column("peers", "rejected", "refused"),
      ])
    return section(
      "Who gave what",
      "Accounts count once their proof was checked. <em>Wasted</em> are chunks that were wrong, "
        + "came twice or too late. Press the head of a column to sort by it.", table)
  }

  private static func bar(_ part: Int, of whole: Int, _ peer: String) -> String {
    let share = whole > 0 ? Double(part) / Double(whole) * 100 : 0
    return "<data value=\"\(part)\"></data><svg class=\"ground share\" width=\"140\" height=\"9\" "
      + "role=\"img\" aria-label=\"\(HTMLText.decimal(share)) percent\">"
      + "<rect class=\"\(ReportCharts.colour(peer))\" width=\"\(HTMLText.decimal(share))%\" "
      + "height=\"9\"/></svg>"
  }

  private func peerName(_ peer: String) -> String {
    if peer.isEmpty { return "<span class=\"dim\">unknown</span>" }
    return "<svg class=\"swatch\"><rect class=\"\(ReportCharts.colour(peer))\" width=\"12\" "
      + "height=\"12\"/></svg> \(HTMLText.escaped(peer))"
  }

  func bytes(_ figures: ReportFigures) -> String {
    func number(_ name: String) -> Int { figures.number("run.\(name)") ?? 0 }
    let parts = [
      ("useful_chunk_bytes", "good-fill", "chunks that were taken in"),
      ("unused_chunk_bytes", "warn-fill", "chunks that came twice, too late or in vain"),
      ("refused_chunk_bytes", "bad-fill", "chunks that were wrong"),
    ]
    let chunks = parts.reduce(0) { LogSummary.Tally.sum($0, number($1.0)) }
    let whole = max(number("received_bytes"), chunks, 1)
    var left = 0.0
    var shapes = ""
    for (name, kind, _) in parts {
      let width = Double(number(name)) / Double(whole) * 100
      shapes +=
        "<rect class=\"\(kind)\" x=\"\(HTMLText.decimal(left))%\" "
        + "width=\"\(HTMLText.decimal(width))%\" height=\"22\"/>"
      left += width
    }
    shapes +=
      "<rect class=\"p0\" x=\"\(HTMLText.decimal(left))%\" "
      + "width=\"\(HTMLText.decimal(max(0, 100 - left)))%\" height=\"22\"/>"
    let legend = parts.map { name, kind, words in
      "<li><svg class=\"swatch\"><rect class=\"\(kind)\" width=\"12\" height=\"12\"/></svg>"
        + "\(words) <b>\(figures.html("run.\(name)", unit: "byte"))</b></li>"
    }
    let rest =
      "<li><svg class=\"swatch\"><rect class=\"p0\" width=\"12\" height=\"12\"/></svg>"
      + "diffs, blocks and all other answers "
      + "<b>\(figures.html("run.other_received_bytes", unit: "byte"))</b></li>"
    let table = figures.table(
      "requests",
      [
        ReportColumn("kind of request") {
          HTMLText.escaped(figures.text("requests.\($0).type").replacing("_", with: " "))
        },
        figures.column("requests", "sent", "requests"),
        figures.column("requests", "sent_bytes", "sent", unit: "byte"),
        figures.column("requests", "received_bytes", "received", unit: "byte"),
      ])
    return section(
      "Where the bytes went",
      "\(figures.html("run.received_bytes", unit: "byte")) came as answers. This became of them.",
      "<svg class=\"ground\" height=\"22\" role=\"img\" aria-label=\"What the bytes were\">"
        + "\(shapes)</svg><ul class=\"legend\">\(legend.joined())\(rest)</ul>"
        + "<h3>By kind of request</h3>\(table)")
  }

  func forecast(_ figures: ReportFigures) -> String {
    guard let chart = ReportCharts(self).forecast else {
      return section(
        "The forecast against the truth", "There was no forecast to compare.", "")
    }
    let error =
      figures.number("run.forecast_error_ppm") == nil
      ? "The state was never complete, so there is no truth to compare with."
      : "Once a fifth was done, no forecast was off by more than "
        + "\(figures.html("run.forecast_error_ppm", unit: "1/1,000,000")) of the whole time."
    return section(
      "The forecast against the truth",
      "While it syncs, the node says when it expects to be done. The curve is that moment, the "
        + "dashed line when it was really done. \(error)", chart)
  }

  func forks(_ figures: ReportFigures) -> String {
    let isEmpty = figures.rowCount("rebranches") == 0
    let table = figures.table(
      "rebranches",
      [
        ReportColumn("at") { figures.moment("rebranches.\($0).t_ns") },
        figures.column("rebranches", "block", "up to block"),
        figures.column("rebranches", "depth", "blocks reverted"),
        figures.column("rebranches", "adopted", "blocks adopted"),
      ])
    return section(
      "Forks",
      isEmpty
        ? "The chain never changed to another branch."
        : "\(figures.times("run.reverts")) a better branch replaced blocks that the node had "
          + "followed, \(figures.html("run.reverted_blocks")) blocks in all. What it held of the "
          + "state was taken back to the last common block each time.",
      isEmpty ? "" : table)
  }

  func stalls(_ figures: ReportFigures) -> String {
    let isEmpty = figures.rowCount("stall_list") == 0
    let table = figures.table(
      "stall_list",
      [
        ReportColumn("from") { figures.moment("stall_list.\($0).t_ns") },
        figures.column("stall_list", "duration_ns", "for", unit: "ns"),
        ReportColumn("judged cause", isLong: true) {
          Self.cause(figures.text("stall_list.\($0).blocker"))
        },
      ])
    return section(
      "When it stood still",
      isEmpty ? "It never did." : "Times in which nothing moved although there was work.",
      isEmpty ? "" : table)
  }

  private static func cause(_ blocker: String) -> String {
    let meanings = [
      "no_peers": "there was nobody to ask",
      "peers_incomplete": "all peers lacked the state that was asked for",
      "timeouts": "requests timed out",
      "proofs_fail": "answers came, but their proofs failed",
      "waiting_for_block": "everything that was left waited for a block",
      "local_work": "the node itself was busy",
      "store_failed": "the node's own store failed",
    ]
    return HTMLText.escaped(meanings[blocker] ?? blocker)
  }
}
