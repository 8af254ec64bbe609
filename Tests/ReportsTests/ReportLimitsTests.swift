import EventLog
import LiveSync
import Node
import Peers
import Primitives
import Reports
import Testing

/// What a log can make as long as it likes is bounded.
@Suite struct ReportLimitsTests {
  @Test func steps_shouldBeBounded_howeverLongTheStory() throws {
    var log = MadeLog()
    for _ in 0..<ReportLimits.storyStepsMax + 10 { log.add(.peer(.promoted(peer: 3))) }
    log.add(.peer(.demoted(peer: 3, reason: "slow")))
    let text = try log.story(.peer, "p3").text
    #expect(text.contains("and 10 records more, which are not shown"))
    // A warning has its place all the same.
    #expect(text.contains("p3 is asked after the others"))
  }

  @Test func list_shouldBeBounded() {
    var list = StoryList(.peer, node: "s0")
    var log = MadeLog()
    for peer in 1...ReportLimits.storyListMax + 5 {
      log.add(.peer(.promoted(peer: UInt32(peer))))
    }
    for record in log.records { list.add(record) }
    #expect(list.text.contains("which are not shown: 5"))
  }

  @Test func threadsAndCourses_shouldBeBounded() throws {
    var log = MadeLog()
    for _ in 0..<ReportLimits.storyThreadsMax + 5 {
      _ = log.ask(3, 0x20)
      log.add(.chunk(.accepted(MadeLog.facts(3, 0x20))))
    }
    let others = ReportLimits.storyThreadsMax - ReportLimits.storyCoursesMax
    #expect(try log.story(.chunk, "20..").text.contains("\(others) others like it"))
  }

  @Test func openThings_shouldBeForgotten_oldestFirst() throws {
    func answers(after others: Int) throws -> Bool {
      var log = MadeLog()
      _ = log.ask(3, 0x20)
      for index in 0..<others {
        log.add(
          .diff(
            .requested(
              peer: 3, block: UInt32(index), hash: MadeLog.hash(UInt32(index)), attempt: 1)))
      }
      log.add(.chunk(.rejected(MadeLog.facts(3, 0x20), reason: "r")))
      return try log.story(.chunk, "1").text.contains("is refused")
    }
    #expect(try answers(after: ReportLimits.storyOpenMax - 1))
    #expect(try !answers(after: ReportLimits.storyOpenMax + 1))
  }

  @Test func thingsThatWait_shouldBeForgotten_oldestFirst() throws {
    var log = MadeLog()
    let first = UInt64(log.records.count)
    for _ in 0...ReportLimits.storyWaitingMax {
      log.add(.chunk(.rejected(MadeLog.facts(3, 0x20), reason: "r")))
    }
    log.add(.peer(.demoted(peer: 3, reason: "r")))
    #expect(try log.story(.chunk, "\(first)").text.contains("paid      nobody"))
    #expect(try log.story(.chunk, "\(first + 1)").text.contains("paid      at"))
  }

  @Test func nodes_shouldBeRefused_whenTheyAreTooMany() {
    func refusal(_ count: Int, _ add: (EventRecord) throws -> Void) -> String {
      var log = MadeLog()
      for index in 1..<count { log.add(.peer(.promoted(peer: 1)), node: "n\(index)") }
      do {
        for record in log.records { try add(record) }
        return ""
      } catch {
        return "\(error)"
      }
    }
    var trace = TraceExport()
    #expect(refusal(ReportLimits.nodesMax) { _ = try trace.add($0) } == "")
    trace = TraceExport()
    #expect(
      refusal(ReportLimits.nodesMax + 1) { _ = try trace.add($0) }
        == "the log has more than 1024 nodes, the first one too many in record 1024")
    var diagram = SpaceTimeExport()
    #expect(refusal(ReportLimits.spaceTimeHostsMax) { _ = try diagram.add($0) } == "")
    diagram = SpaceTimeExport()
    #expect(
      refusal(ReportLimits.spaceTimeHostsMax + 1) { _ = try diagram.add($0) }
        .contains("more than 256 nodes"))
  }

  /// A block that is announced after so many others were made.
  private static func announced(after others: Int) -> MadeLog {
    var log = MadeLog()
    func made(_ block: UInt32) -> Event {
      .block(
        .produced(
          kind: .micro, block: block, hash: MadeLog.hash(block), transactions: 0, entries: 0))
    }
    log.add(made(0), node: "p1")
    for index in 0..<others { log.add(made(UInt32(index + 1)), node: "p1") }
    log.add(.block(.announced(peer: 1, block: 0, hash: MadeLog.hash(0))))
    return log
  }

  @Test func messagesOnTheirWay_shouldBeForgotten_oldestFirst() throws {
    func arrows(after others: Int) throws -> Int {
      var trace = TraceExport()
      var last: [UInt8] = []
      for record in Self.announced(after: others).records { last = try trace.add(record) }
      return String(decoding: last, as: UTF8.self).split(separator: "\"ph\":\"f\"").count - 1
    }
    #expect(try arrows(after: ReportLimits.exportPendingMax - 1) == 1)
    #expect(try arrows(after: ReportLimits.exportPendingMax) == 0)
  }

  @Test func clocks_shouldBeForgotten_oldestFirst() throws {
    func knows(after others: Int) throws -> Bool {
      var diagram = SpaceTimeExport()
      var last: [UInt8] = []
      for record in Self.announced(after: others).records { last = try diagram.add(record) }
      return String(decoding: last, as: UTF8.self).contains("\"p1\":")
    }
    #expect(try knows(after: ReportLimits.spaceTimePendingMax - 1))
    #expect(try !knows(after: ReportLimits.spaceTimePendingMax))
  }

  @Test func page_shouldBeBounded_howeverLongTheLog() throws {
    var report = RunReport(node: "s0")
    var log = MadeLog()
    log.add(.node(.started(block: 0, hash: .zero, missingRanges: 1)))
    for index in 0..<4 * ReportLimits.curvePointsMax {
      log.add(
        .state(
          .progress(
            block: 1, items: 1, missingRanges: index % 7, heldPpm: index, inFlight: 0,
            buffered: 0)))
      log.add(
        .chain(.rebranched(block: 1, hash: .zero, ancestor: 0, depth: 1, adopted: 1)))
    }
    for _ in 0..<ReportLimits.heatRectanglesMax / 128 + 2 {
      // Every other row, so that each is a part of its own, until the state is given up.
      for start in stride(from: UInt8(0), to: 254, by: 2) {
        log.add(.chunk(.accepted(MadeLog.facts(1, start))))
      }
      log.add(.chain(.stateGivenUp(block: 1, hash: .zero)))
    }
    for record in log.records { report.add(record) }
    let html = report.html
    let strip = try #require(html.firstRange(of: "crispEdges"))
    let parts = html[strip.upperBound...].prefix { $0 != "\n" }.split(separator: "<rect ").count - 1
    #expect(parts == ReportLimits.heatRectanglesMax)
    #expect(
      html.split(separator: "<path").allSatisfy { path in
        path.prefix { $0 != ">" }.split(separator: "H").count <= 2 * ReportLimits.curvePointsMax
      })
    #expect(
      html.split(separator: "data-figure=\"rebranches.").count - 1
        == 4 * ReportLimits.tableRowsMax)
  }
}
