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
    #expect(throws: ScenarioError.contradiction("every full peer is a liar")) {
      try scenario.check()
    }
    scenario = Scenario()
    scenario.followBlocks = scenario.blocksPerBatch - 1
    #expect(throws: ScenarioError.self) { try scenario.check() }
  }

  @Test func texts_shouldBeReadAsTheyWereWritten_whateverTheyHold() throws {
    var scenario = Scenario()
    scenario.name = "a\u{c}b\"\\\n\u{0}\u{1f}ä"
    scenario.description = "\t\u{7f}\u{2028}"
    #expect(try Scenario(json: Array(scenario.json.utf8)) == scenario)
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
    let lines = page.split(separator: "\n").drop { !$0.hasPrefix("| key | default |") }
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
      #expect(row[2] == range + Self.grouped(field.range.upperBound), "\(field.key)")
    }
    #expect(rows.count == numbers.count + 4)
  }
}
