import Compression
import Foundation
import Ledger
import Primitives
import Runtime
import Snapshot
import StateTrie
import Storage

/// scratch measurement
struct SnapshotBenchmark {
  static func scratch() throws {
    for kind in 0..<3 {
      let trie = StateTrie()
      var random = RandomStream(seed: 5)
      for _ in 0..<1_000_000 {
        let balance = kind == 0 ? 1 + random.next() % 1_000 : random.next()
        let value = kind == 2 ? random.bytes(40) : Account(balance: balance).wireBytes
        try trie.put(KeyNibbles(bytes: random.bytes(20)), value)
      }
      _ = trie.rootHash()
      var chunks: [TrieChunk] = []
      var next: KeyNibbles? = .empty
      let make = try Measure.seconds {
        while let start = next {
          let chunk = try trie.chunk(from: start, limit: 5_000, edges: .both)
          chunks.append(chunk)
          next = chunk.end
        }
      }
      let wire = chunks.reduce(0) { $0 + $1.wireBytes.count }
      var pieces: [RawPiece] = []
      let encode = Measure.seconds { pieces = chunks.map { RawPiece($0) } }
      print("kind \(kind): make \(make) encode \(encode) wire \(wire) raw",
        pieces.reduce(0) { $0 + $1.bytes.count })
      for level in [1, 2, 3, 6, 9] {
        let compressor = ZstdCompressor(level: level)
        var bytes = 0
        let t = Measure.seconds { bytes = pieces.reduce(0) { $0 + $1.frame(by: compressor).count } }
        var plain = 0
        let u = Measure.seconds {
          plain = pieces.reduce(0) { $0 + compressor.frame(of: $1.bytes).count }
        }
        print("level \(level): \(bytes) \(Double(bytes) / Double(wire)) \(t) s;",
          "plain \(Double(plain) / Double(wire)) \(u)")
      }
      let d = try Measure.seconds { for p in pieces { _ = try RawPiece.chunk(of: p.bytes) } }
      print("decode \(d)")
    }
  }
}
