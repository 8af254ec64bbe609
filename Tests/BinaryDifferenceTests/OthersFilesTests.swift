import BinaryDifference
import Foundation
import Primitives
import TestSupport
import Testing

/// Deltas and signatures that xdelta3 and rdiff made (`Fixtures/Differences.json`).
@Suite struct OthersFilesTests {
  struct Case {
    let name: String
    let base: [UInt8]
    let target: [UInt8]
    let files: [String: [UInt8]]
  }

  static func cases() throws -> [Case] {
    let file = PackageFiles.root.appending(path: "Fixtures/Differences.json")
    return try JSONValue(parsing: Data(contentsOf: file))["cases"].array.map { item in
      var generator = SeededGenerator(seed: UInt64(item["seed"].integer))
      let base = generator.bytes(item["size"].integer)
      var target = base
      for edit in item["edits"].array {
        let range = edit[0].integer..<max(edit[0].integer, edit[1].integer)
        target.replaceSubrange(range.clamped(to: 0..<target.count), with: edit[2].hexBytes)
      }
      return Case(
        name: item["name"].text, base: base, target: target,
        files: item["files"].object.mapValues(\.hexBytes))
    }
  }

  @Test func deltasOfXdelta_shouldMakeTheTarget_andBeRefusedWhenExtended() throws {
    var read = 0
    for one in try Self.cases() {
      for (name, delta) in one.files where name.hasPrefix("vcdiff") {
        if name == "vcdiff_extended" {
          refuses("difference_unsupported") { try VCDIFF.target(of: delta, from: one.base) }
          continue
        }
        let base = name == "vcdiff_alone" ? [] : one.base
        #expect(try VCDIFF.target(of: delta, from: base) == one.target, "\(one.name), \(name)")
        let diff = try BinaryDiff(vcdiff: delta, base: HashedBytes(base))
        #expect(try diff.target(from: HashedBytes(base)) == one.target, "\(one.name), \(name)")
        read += 1
      }
    }
    #expect(read == 17)
  }

  @Test func filesOfRdiff_shouldBeReadAndWritten_byteByByte() throws {
    var read = 0
    for one in try Self.cases() {
      let kinds: [(String, RollingHashKind)] = [("rabinkarp", .rabinKarp), ("rollsum", .rollsum)]
      for (name, kind) in kinds {
        let file = try #require(one.files["rdiff_signature_" + name])
        let signature = try BlockSignature(rdiff: file)
        #expect(signature.rdiffBytes == file, "\(one.name)")
        let ours = BlockSignature(of: one.base, kind: kind, blockBytes: 256, strongBytes: 8)
        #expect(ours == signature, "\(one.name), \(name)")
        let delta = try EditScript(rdiff: try #require(one.files["rdiff_delta_" + name]))
        #expect(try delta.target(from: one.base) == one.target, "\(one.name), \(name)")
        let script = try #require(signature.script(to: one.target))
        #expect(try script.target(from: one.base) == one.target, "\(one.name), \(name)")
        read += 1
      }
      let weak = try #require(one.files["rdiff_signature_md4"])
      refuses("difference_unsupported", at: 0) { try BlockSignature(rdiff: weak) }
    }
    #expect(read == 12)
  }
}
