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
