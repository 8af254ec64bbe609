import Foundation
import Simulation
import TestSupport
import Testing

/// The seeds that failed once.
@Suite struct KeptSeedTests {
  static var files: [String] {
    let folder = PackageFiles.root.appending(path: "Fixtures/Seeds").path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".json") }.sorted()
  }

  private static func seed(_ file: String) throws -> KeptSeed {
    try KeptSeed(json: Array(PackageFiles.text("Fixtures/Seeds/\(file)").utf8))
  }

  @Test(arguments: files)
  func aKeptSeed_shouldComeToWhatItsFileSays(file: String) throws {
    let seed = try Self.seed(file)
    #expect(file == "\(seed.profile)-\(seed.seed).json")
    let wrong = try seed.check(CampaignTests.program)
    #expect(wrong == nil, "\(file): \(wrong ?? "")")
  }

  /// What a run did is in its result, and comes back from its line.
  @Test func aKeptSeed_shouldRunWithItsPlannedFaults() throws {
    let file = """
      {"profile":"swarm","seed":3,"found":"c","invariant":"L1","place":"p","reason":"r",\
      "mended":"d"}
      """
    #expect(try KeptSeed(json: Array(file.utf8)).check(CampaignTests.program) == nil)
    let input = try Profile.named("swarm").draw(3)
    guard case .plan(let plan) = input else {
      Issue.record("no plan is drawn")
      return
    }
    let report = try input.run().run(identity: CampaignTests.program)
    let result = SeedResult(
      report, seed: 3, campaign: CampaignTests.identity, wallNanoseconds: 1)
    let fired = result.marks.map(\.name).filter { $0.hasPrefix(RunMarks.Kind.fault.mark("")) }
    #expect(!fired.isEmpty && Set(fired).isSubset(of: Set(plan.kinds.map { "fault \($0)" })))
    #expect(try SeedResult(line: Array(result.line.utf8)) == result)
  }

  @Test func seedsAreKept() { #expect(!Self.files.isEmpty) }

  @Test func aDamagedFile_shouldBeNamed() throws {
    let good = """
      {"profile":"wild","seed":7,"found":"c","invariant":"L1","place":"p","reason":"r",\
      "mended":""}
      """
    #expect(try KeptSeed(json: Array(good.utf8)).isMended == false)
    for (from, to, message) in [
      ("\"seed\":7", "\"seed\":7.5", "seed is no whole number"),
      ("\"found\":\"c\",", "", "found is missing"), ("\"r\"", "7", "reason is no text"),
      ("\"mended\"", "\"healed\"", "unknown key 'healed'"), ("{", "[", "no JSON"),
    ] {
      #expect {
        try KeptSeed(json: Array(good.replacing(from, with: to, maxReplacements: 1).utf8))
      } throws: {
        "\($0)".contains(message)
      }
    }
  }
}
