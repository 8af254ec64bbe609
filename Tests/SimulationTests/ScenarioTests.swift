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
