import Fixtures
import TestSupport
import Testing

/// The fixture chains of the repository.
enum FixtureFiles {
  static let names = ["plain", "forks", "incomplete-again"]

  static func bytes(_ name: String) throws -> [UInt8] {
    Array(try PackageFiles.text("Fixtures/Chains/\(name).jsonl").utf8)
  }

  static func fixture(_ name: String) throws -> Fixture {
    try Fixture(bytes: try bytes(name))
  }

  /// The file's lines without their line feeds.
  static func lines(_ name: String) throws -> [String] {
    String(decoding: try bytes(name), as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// The file of these lines.
  static func bytes(of lines: [String]) -> [UInt8] {
    Array((lines.joined(separator: "\n") + "\n").utf8)
  }

  /// What a generator command asks for.
  static func options(of generator: String) throws -> FixtureOptions {
    let words = generator.split(separator: " ").map(String.init)
    func value(_ name: String) throws -> String {
      words[try #require(words.firstIndex(of: name)) + 1]
    }
    try #require(words.starts(with: ["livesync", "fixture", "record"]))
    return FixtureOptions(
      seed: try #require(UInt64(try value("--seed"))),
      blocks: try #require(UInt32(try value("--blocks"))),
      accounts: try #require(Int(try value("--accounts"))),
      kind: try #require(FixtureKind(rawValue: try value("--kind"))))
  }

  /// Where a replay of `fixture` first differs.
  static func mismatch(_ fixture: Fixture) throws -> FixtureMismatch {
    var replay = FixtureReplay(fixture)
    guard case .differs(let mismatch) = replay.run() else {
      throw FixtureTestError.passes
    }
    return mismatch
  }
}

enum FixtureTestError: Error {
  case passes
}
