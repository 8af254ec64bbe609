import Foundation
import Storage

/// What the benchmarks that use a store on disk are asked for.
struct StoreOptions {
  var accounts: Int
  var directory = FileManager.default.temporaryDirectory.path
  var durability = Durability.everyCommit
  var asJSON = false
  var file: String?

  /// Ends the program if a word is of no use.
  init(_ words: [String], accounts count: Int) {
    accounts = count
    var rest = words[...]
    while let option = rest.popFirst() {
      if option == "--json" {
        asJSON = true
        continue
      }
      guard ["--accounts", "--directory", "--durability", "--write"].contains(option) else {
        Main.fail("unknown option '\(option)'")
      }
      guard let text = rest.popFirst() else { Main.fail("\(option) needs a value") }
      switch option {
      case "--accounts":
        guard let value = Int(text), (2_000...20_000_000).contains(value) else {
          Main.fail("--accounts needs a number from 2000 to 20000000, not '\(text)'")
        }
        accounts = value
      case "--durability":
        guard let value = Durability.allCases.first(where: { "\($0)" == text }) else {
          Main.fail("--durability is everyCommit or onRequest, not '\(text)'")
        }
        durability = value
      case "--directory": directory = text
      default: file = text
      }
    }
  }

  /// Runs `body` with a new folder in `directory`, which is removed.
  static func inFolder<Output>(
    _ directory: String, _ body: (String) throws -> Output
  ) throws -> Output {
    let folder = directory + "/livesync-bench-\(ProcessInfo.processInfo.processIdentifier)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
  }
}
