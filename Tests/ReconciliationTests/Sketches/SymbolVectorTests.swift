import Foundation
import Primitives
import Reconciliation
import TestSupport
import Testing

/// Mapping and coded symbols against the authors' implementation, and against an independent one.
@Suite struct SymbolVectorTests {
  private static func symbol(_ json: JSONValue) -> CodedSymbol<VectorItem> {
    CodedSymbol(
      sum: VectorItem(value: json["sum"].hash), checksum: UInt64(json["hash"].text) ?? 0,
      count: Int64(json["count"].integer))
  }

  private static func items(_ json: JSONValue) -> [VectorItem] {
    json.array.map { VectorItem(value: $0[0].hash) }
  }

  @Test func indices_shouldEqualTheReference() throws {
    let mappings = try VectorFile.load("riblt")["mappings"].array
    #expect(!mappings.isEmpty)
    for json in mappings {
      let hash = try #require(UInt64(json["hash"].text))
      var mapping = RatelessMapping(seed: (hash, 0))
      for index in json["indices"].array {
        #expect(mapping.index == UInt64(index.integer), "hash \(hash)")
        mapping.advance()
      }
    }
  }

  @Test func indices_shouldIncreaseAndEnd_whateverTheSeed() {
    var generator = SeededGenerator(seed: 1)
    // Seeds whose numbers repeat, and the number at which the reference stands still.
    let largest = UInt64.max &* 0x8b83_8d03_54ea_d59d
    var seeds: [(UInt64, UInt64)] = [(0, 0), (1 << 63, 0), (1 << 62, 1 << 62), (largest, 0)]
    for _ in 0..<1_000 { seeds.append((generator.next(), generator.next())) }
    for seed in seeds {
      var mapping = RatelessMapping(seed: seed)
      var last = mapping.index
      for _ in 0..<200 where last != .max {
        mapping.advance()
        #expect(mapping.index > last, "seed \(seed)")
        last = mapping.index
      }
    }
  }

  @Test func symbols_shouldEqualTheReference() throws {
    let sets = try VectorFile.load("riblt")["sets"].array
    #expect(!sets.isEmpty)
    for json in sets {
      let coded = json["coded"].array.map(Self.symbol)
      let prefix = SymbolPrefix(length: coded.count, of: Self.items(json["items"]))
      #expect(prefix.symbols == coded, "\(json["name"].text)")
    }
  }

  @Test func differences_shouldDecode_withAsManySymbolsAsTheReferenceNeeds() throws {
    for json in try VectorFile.load("riblt")["differences"].array {
      let coded = json["difference"].array.map(Self.symbol)
      let (a, b) = (Self.items(json["a"]), Self.items(json["b"]))
      let remote = SymbolPrefix(length: coded.count, of: a)
      let local = SymbolPrefix(length: coded.count, of: b)
      #expect(zip(remote.symbols, local.symbols).map { $0.subtracting($1) } == coded)
      var decoder = SymbolDecoder<VectorItem>()
      while !decoder.isComplete, decoder.symbolCount < coded.count {
        let next = decoder.symbolCount
        try decoder.append(remote: [remote.symbols[next]], local: local.symbols[next...next])
      }
      #expect(decoder.isComplete)
      #expect(decoder.symbolCount == json["needed"].integer, "\(json["name"].text)")
      #expect(try decoder.items().remoteOnly == Set(a).subtracting(b))
      #expect(try decoder.items().localOnly == Set(b).subtracting(a))
    }
  }

  /// Both words of the seed, against the reference in Python.
  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")))
  func indices_shouldEqualTheIndependentReference() throws {
    var generator = SeededGenerator(seed: 2)
    let seeds = (0..<200).map { _ in (generator.next(), generator.next()) }
    let input = seeds.map { "\($0.0) \($0.1) 100000\n" }.joined()
    let wanted = seeds.map { seed in
      var mapping = RatelessMapping(seed: seed)
      var indices: [String] = []
      while mapping.index < 100_000 {
        indices.append("\(mapping.index)")
        mapping.advance()
      }
      return indices.joined(separator: " ")
    }
    #expect(try Self.reference(["indices"], input: input) == wanted)
    let vectors = PackageFiles.vectors.appending(path: "riblt.json").path
    #expect(try Self.reference(["check", vectors]).first?.hasPrefix("ok: ") == true)
  }

  /// The lines that the reference writes.
  private static func reference(_ arguments: [String], input: String = "") throws -> [String] {
    let folder = TemporaryFolder()
    let file = URL(fileURLWithPath: folder.path + "/input")
    try Data(input.utf8).write(to: file)
    let (process, output) = (Process(), Pipe())
    process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    let script = PackageFiles.root.appending(path: "Tests/Interop/riblt_reference.py").path
    process.arguments = [script] + arguments
    process.standardInput = try FileHandle(forReadingFrom: file)
    process.standardOutput = output
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
