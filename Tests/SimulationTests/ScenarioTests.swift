import Foundation
import Simulation
import TestSupport
import Testing

@Suite struct ScenarioTests {
  /// The files are what people copy and change, so they must be what the program runs.
  @Test(arguments: Scenario.builtIn)
  func file_shouldBeTheBuiltInScenario(scenario: Scenario) throws {
    let text = try PackageFiles.text("Fixtures/Scenarios/\(scenario.name).json")
    #expect(text == scenario.json)
    #expect(try Scenario(json: Array(text.utf8)) == scenario)
  }

  @Test func everyFile_shouldBeABuiltInScenario() throws {
    let folder = PackageFiles.root.appending(path: "Fixtures/Scenarios").path
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    #expect(names == Scenario.builtIn.map { "\($0.name).json" }.sorted())
  }

  @Test func everyField_shouldBeRefused_whenItIsOutOfRange() throws {
    for field in Scenario.fields {
      for value in [field.range.lowerBound - 1, field.range.upperBound + 1] {
        var scenario = Scenario()
        scenario[field.key] = value
        #expect(throws: ScenarioError.outOfRange(field.key, value, field.range)) {
          try scenario.check()
        }
      }
    }
  }

  @Test func contradictions_shouldBeRefused() {
    var scenario = Scenario()
    scenario.liars = Array(repeating: .wrongValue, count: scenario.fullPeers)
    #expect(
      throws: ScenarioError.contradiction("every full peer is a liar", keys: ["liars", "nodes"])
    ) {
      try scenario.check()
    }
    scenario = Scenario()
    scenario.followBlocks = scenario.blocksPerBatch - 1
    #expect(throws: ScenarioError.self) { try scenario.check() }
  }

  @Test(arguments: [
    ["undialable_peers=4"], ["undialable_peers=1", "shared_peers=1"],
    ["undialable_peers=1", "nodes=10"], ["undialable_peers=1", "nodes=8", "joiners=3"],
  ])
  func peersThatNobodyCanDial_shouldBeRefused_whereBlocksHaveNoWay(changes: [String]) throws {
    var scenario = Scenario()
    for change in changes { try scenario.set(change) }
    let error = #expect(throws: ScenarioError.self) { try scenario.check() }
    #expect(error?.keys.first == "undialable_peers")
    scenario.undialablePeers = 0
    try scenario.check()
  }

  @Test(arguments: [
    "", ".", "..", ".hidden", "-option", "a/b", "../../esc", "a b", "a\nb", "a\u{1b}[31m", "ä",
    "a\u{0}", "a\\b", "a:b", String(repeating: "a", count: SimulationLimits.nameBytesMax + 1),
  ])
  func whatIsNoName_shouldBeRefused(name: String) {
    var scenario = Scenario()
    scenario.name = name
    let error = #expect(throws: ScenarioError.self) { try scenario.check() }
    #expect(error?.keys == ["name"])
    #expect(throws: ScenarioError.self) { try SimulationRun(scenario, seed: 1) }
    let placed = #expect(throws: ScenarioError.self) {
      try Scenario(json: Array(scenario.json.utf8))
    }
    #expect(placed?.place.map { "\($0)" } == "line 2, column 3")
  }

  @Test(arguments: ["a", "A.b_c-9", "x..", String(repeating: "a", count: 64)])
  func aName_shouldBeTaken(name: String) throws {
    var scenario = Scenario()
    scenario.name = name
    #expect(try Scenario(json: Array(scenario.json.utf8)) == scenario)
  }

  @Test func aDescription_shouldBeBounded() throws {
    var scenario = Scenario()
    scenario.description = String(
      repeating: "d", count: SimulationLimits.descriptionBytesMax)
    try scenario.check()
    scenario.description += "d"
    #expect(throws: ScenarioError.self) { try scenario.check() }
  }

  /// What is wrong with a file, and where.
  @Test(arguments: [
    ("", "line 1, column 1: this is no JSON document: it ends where a value is missing"),
    ("[]", "line 1, column 1: a scenario is one object"),
    ("{\n  \"nodes\": 1}", "line 2, column 3: nodes is 1, allowed is 2 to 64"),
    ("{\"nodes\": 5,\n \"nodes\": 6}", "line 2, column 2: this is no JSON document: the key"),
    ("{\"nodes\": 5,}", "line 1, column 13: this is no JSON document: a comma stands before `}`"),
    ("{\"nodes\": 5} x", "line 1, column 14: this is no JSON document: something follows"),
    ("{\"nodes\": -0}", "line 1, column 11: nodes is no whole number"),
    ("{\"nodes\": 5.0}", "line 1, column 11: nodes is no whole number"),
    ("{\"nodes\": 1e999}", "line 1, column 11: nodes is no whole number"),
    ("{\"nodes\": 99999999999999999999}", "line 1, column 11: nodes is no whole number"),
    ("{\"nodes\": true}", "line 1, column 11: nodes is no whole number"),
    ("{\"speed\": 1}", "line 1, column 2: unknown key 'speed'"),
    ("{\"a\u{1b}b\": 1}", "line 1, column 4: this is no JSON document: a control character"),
    ("{\"\\u001b\": 1}", "line 1, column 2: unknown key '\\u{1b}'"),
    ("{\"liars\": [\"wrong_root\",\n3]}", "line 2, column 1: liars is no list of texts"),
    ("{\"slots\": 4,\n\"validators\": 9}", "line 2, column 1: slots are fewer than validators: 4"),
    ("{\n\n\"slots\": 4, \"validators\": 5, \"nodes\": 5}", "line 3, column 13: slots are fewer"),
    ("{\"faults\": 1}", "line 1, column 2: faults is no list"),
    ("{\"faults\": [\n1]}", "line 2, column 1: a fault is an object"),
    (
      "{\"faults\": [{\n\"fault\": \"luck\"}]}",
      "line 2, column 1: fault 1: there is no fault 'luck'"
    ),
    (
      "{\"faults\": [{\"fault\": \"silent\",\n\"node\": 9}]}",
      "line 2, column 1: fault 1: node of 'silent' is 9, allowed is 1 to 4"
    ),
    ("{\"follow_blocks\": 5}", "line 1, column 2: follow_blocks is less than one batch"),
  ])
  func aWrongFile_shouldBeRefused_withTheFirstPlace(text: String, message: String) {
    let error = #expect(throws: ScenarioError.self) { try Scenario(json: Array(text.utf8)) }
    #expect(error?.description.hasPrefix(message) == true, "\(text): \(error?.description ?? "")")
  }

  @Test func texts_shouldBeReadAsTheyWereWritten_whateverTheyHold() throws {
    var scenario = Scenario()
    scenario.description = "a\u{c}b\"\\\n\u{0}\u{1f}ä\t\u{7f}\u{2028}"
    #expect(try Scenario(json: Array(scenario.json.utf8)) == scenario)
  }

  @Test func plannedFaults_shouldBeReadAsTheyWereWritten() throws {
    var scenario = Scenario()
    scenario.faults = [
      PlannedFault("crash", start: 5, duration: 7),
      PlannedFault("loss", start: 9, duration: 1, node: 2, amount: 300),
    ]
    #expect(try Scenario(json: Array(scenario.json.utf8)) == scenario)
    // What does not fit another world is refused there.
    scenario.nodes = 2
    #expect(throws: ScenarioError.self) { try scenario.plan(seed: 1) }
    #expect(throws: ScenarioError.self) { try SimulationRun(scenario, seed: 1) }
  }

  @Test func anUnknownName_shouldBeRefusedWithThoseThatAreKnown() {
    #expect(throws: ScenarioError.unknown("x", known: Scenario.builtIn.map(\.name))) {
      try Scenario.named("x")
    }
  }
}

/// The manual's table of keys.
@Suite struct ScenarioTableTests {
  /// The rows of the table: key, default, what is allowed.
  private static func rows() throws -> [[String]] {
    let page = try PackageFiles.text("Docs/Simulator.md")
    let lines = page.split(separator: "\n", omittingEmptySubsequences: false).drop {
      !$0.hasPrefix("| key | default |")
    }
    return lines.dropFirst(2).prefix { $0.hasPrefix("|") }.map { line in
      line.split(separator: "|").prefix(3).map {
        $0.trimmingCharacters(in: CharacterSet(charactersIn: " `"))
      }
    }
  }

  private static func grouped(_ number: Int) -> String {
    var digits = String(number)
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return ([digits] + groups).joined(separator: ",")
  }

  @Test func manual_shouldNameEveryKeyWithItsDefaultAndRange() throws {
    let rows = try Self.rows()
    let numbers = rows.filter { !["name", "description", "strategy", "liars"].contains($0[0]) }
    #expect(numbers.map(\.[0]) == Scenario.fields.map(\.key))
    for (row, field) in zip(numbers, Scenario.fields) {
      #expect(row[1] == Self.grouped(field.fallback), "\(field.key)")
      let word = field.range.count == 2 ? "or" : "to"
      let range = "\(Self.grouped(field.range.lowerBound)) \(word) "
      // What holds between keys may follow.
      let whole = range + Self.grouped(field.range.upperBound)
      let isWhole = ["", ",", ";"].contains(row[2].dropFirst(whole.count).prefix(1))
      #expect(row[2].hasPrefix(whole) && isWhole, "\(field.key)")
    }
    #expect(rows.count == numbers.count + 4)
  }
}
