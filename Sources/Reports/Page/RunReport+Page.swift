import EventLog
import Primitives

extension RunReport {
  /// The page as one HTML document.
  public var html: String {
    let figures = ReportFigures(summary)
    let body = [
      head(figures),
      "<main>", cards(figures), ReportCharts(self).fill, refusals(figures), peers(figures),
      bytes(figures), forecast(figures), forks(figures), stalls(figures), glossary, "</main>",
      footer(figures),
      "<script type=\"application/json\" id=\"summary\">\(HTMLText.script(summary.json))</script>",
    ]
    return ReportPage.document(
      title: "\(node): \(name(figures))", body: body.joined(separator: "\n"))
  }

  private func name(_ figures: ReportFigures) -> String {
    let scenario = figures.text("run.scenario")
    let seed = figures.text("run.seed")
    return summary.isSimulated ? "\(scenario), seed \(seed)" : "a node's log"
  }

  // MARK: Head

  private func head(_ figures: ReportFigures) -> String {
    let (word, kind) = verdict
    return """
      <header>
      <div class="over"><span class="badge \(kind)" id="verdict">\(word)</span>
      <span class="dim">\(HTMLText.escaped(name(figures)))</span></div>
      <h1>\(headline(figures))</h1>
      <p class="lead">\(story(figures))</p>
      </header>
      """
  }

  private var verdict: (String, String) {
    switch summary.verdict {
    case .pass: ("passed", "good")
    case .safety: ("a safety check failed", "bad")
    case .liveness: ("did not finish in time", "bad")
    case .crash: ("the program crashed", "bad")
    case .vacuous: ("passed, but proves too little", "warn")
    case .unwinnable: ("no node could have done it", "warn")
    case nil: ("the log has no end", "warn")
    }
  }

  /// The outcome in one sentence.
  private func headline(_ figures: ReportFigures) -> String {
    let name = HTMLText.escaped(node)
    if figures.number("run.complete_after_ns") != nil {
      return "\(name) held the complete, proven state "
        + "\(figures.html("run.complete_after_ns", unit: "ns")) after it started"
    }
    if figures.number("run.held_ppm") != nil {
      return "\(name) did not complete its state: at the end it held "
        + figures.html("run.held_ppm", unit: "1/1,000,000")
    }
    return "\(name) did not get as far as filling its state"
  }

  /// What happened besides, in a few sentences.
  private func story(_ figures: ReportFigures) -> String {
    var sentences: [String] = []
    if !summary.verdictDetail.isEmpty, summary.verdict != .pass {
      sentences.append(HTMLText.escaped(summary.verdictDetail) + ".")
    }
    let peers = figures.rowCount("peers")
    sentences.append(
      "It asked \(peers) \(peers == 1 ? "peer" : "peers") and received "
        + "\(figures.html("run.received_bytes", unit: "byte")).")
    if figures.number("run.refusals") ?? 0 > 0 {
      let bans = figures.number("run.bans") ?? 0
      sentences.append(
        "\(figures.counted("run.refusals", "message was", "messages were")) wrong and refused, and "
          + (bans == 0
            ? "nobody was banned."
            : "\(figures.counted("run.bans", "ban", "bans")) followed."))
    } else {
      sentences.append("Nothing that it was given was wrong.")
    }
    if figures.number("run.reverts") ?? 0 > 0 {
      sentences.append(
        "The chain changed to a better branch \(figures.times("run.reverts")).")
    }
    if figures.number("run.crashes") ?? 0 > 0 {
      sentences.append("The node was killed \(figures.times("run.crashes")).")
    }
    if figures.number("run.stalls") ?? 0 > 0 {
      sentences.append(
        "It stood still \(figures.times("run.stalls")), "
          + "\(figures.html("run.stalled_ns", unit: "ns")) in all.")
    }
    if let cut = summary.cut {
      sentences.append("The log is cut off in line \(cut.line); the rest of that is left out.")
    }
    return sentences.joined(separator: " ")
  }

  private func cards(_ figures: ReportFigures) -> String {
    func card(_ name: String, _ big: String, _ more: String) -> String {
      "<article><p class=\"name\">\(name)</p><p class=\"big\">\(big)</p>"
        + "<p class=\"more\">\(more)</p></article>"
    }
    return "<div class=\"cards\">"
      + [
        card(
          "State held", figures.html("run.held_ppm", unit: "1/1,000,000"),
          figures.counted("run.missing_ranges", "range missing", "ranges missing")),
        card(
          "Complete after", figures.html("run.complete_after_ns", unit: "ns"),
          "from its start"),
        card("Head", "#" + figures.html("run.head"), "the last block it followed"),
        card(
          "Received", figures.html("run.received_bytes", unit: "byte"),
          "\(figures.html("run.useful_chunk_bytes", unit: "byte")) of it useful chunks"),
        card(
          "Refused", figures.html("run.refusals"),
          "wrong messages, \(figures.counted("run.bans", "ban", "bans"))"),
        card(
          "Stood still", figures.html("run.stalled_ns", unit: "ns"),
          "longest \(figures.html("run.longest_stall_ns", unit: "ns"))"),
      ].joined() + "</div>"
  }

  // MARK: Foot

  private var glossary: String {
    let words = [
      ("state", "the accounts of the whole chain, which every block changes a little"),
      ("key space", "all keys that accounts can have, from the first to the last"),
      ("chunk", "a range of accounts with a proof that they are those of a block's state"),
      ("range", "neighbouring keys; a missing range is one the node does not hold yet"),
      ("diff", "the accounts that one block changes; it keeps held ranges up to date"),
      ("head", "the last block of the chain that the node follows"),
      ("fork", "two branches of the chain; the node follows the better one"),
      ("ban", "a peer whose lie is proven is never asked again"),
      ("stall", "a time in which nothing moved although there was work"),
    ]
    return "<section><details><summary>What the words mean</summary><dl>"
      + words.map { "<dt>\($0.0)</dt><dd>\($0.1)</dd>" }.joined() + "</dl></details></section>"
  }

  private func footer(_ figures: ReportFigures) -> String {
    let identity = ["scenario", "seed", "commit", "toolchain", "mode"].compactMap { name in
      let text = figures.text("run.\(name)")
      return text.isEmpty ? nil : "\(name) \(HTMLText.escaped(text))"
    }
    return """
      <footer><p>\(identity.joined(separator: " · "))</p>
      <p>\(figures.html("run.records")) records over \
      \(figures.html("run.duration_ns", unit: "ns")) of the run. All numbers are those of \
      <code>livesync events summary --node \(HTMLText.escaped(node))</code>; \
      <code>livesync events explain</code> tells the story of any of them.</p></footer>
      """
  }
}

extension LogSummary {
  /// Whether the log is of a simulated run.
  fileprivate var isSimulated: Bool {
    if case .start(_, _, _, _, _, .simulated, _, _) = start { true } else { false }
  }
}
