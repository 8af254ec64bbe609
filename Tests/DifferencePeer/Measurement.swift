import BinaryDifference
import Compression
import Foundation
import Primitives

/// All methods on two cases of 52 MB: many small scattered changes, and a few local ones.
enum Measurement {
  static func run() {
    let scattered = SampleSnapshot(records: 400_000, changed: 4_000, replaced: 250, seed: 1)
    measure("scattered", scattered.base, scattered.target)
    var local = scattered.base
    // Twenty places: 2,000 bytes moved away, 3,000 others come in.
    let others = Array(scattered.target.suffix(3_000).reversed())
    for index in (0..<20).reversed() {
      let start = 1_000_000 + index * 2_500_000
      let moved = Array(local[start..<start + 2_000])
      local.replaceSubrange(start..<start + 2_000, with: others)
      local += moved
    }
    measure("local", scattered.base, local)
  }

  /// Processor time of this process, which other processes do not lengthen much.
  private static func milliseconds(_ body: () -> Void) -> Int {
    let start = clock()
    body()
    return (clock() - start) / (Int(CLOCKS_PER_SEC) / 1_000)
  }

  private static func measure(_ name: String, _ baseBytes: [UInt8], _ targetBytes: [UInt8]) {
    let (base, target) = (HashedBytes(baseBytes), HashedBytes(targetBytes))
    let zstd = ZstdCompressor(level: 3)
    func row(_ method: String, _ make: () -> [UInt8]?, _ apply: ([UInt8]) throws -> [UInt8]) {
      var (patch, made): ([UInt8]?, [UInt8]) = (nil, [])
      let making = milliseconds { patch = make() }
      guard let patch else { return print("| \(name) | \(method) | none |") }
      let applying = milliseconds { made = (try? apply(patch)) ?? [] }
      guard made == targetBytes else { Main.end("\(method) made something else", 1) }
      let share = 100 * Double(patch.count) / Double(targetBytes.count)
      print(
        "| \(name) | \(method) | \(patch.count) | \(String(format: "%.3f", share)) %",
        "| \(making) | \(applying) |")
    }
    for level in [1, 3, 9] {
      row(
        "zstd -\(level) with the base",
        { ZstdCompressor(level: level).frame(of: targetBytes, after: baseBytes) },
        { try ZstdDecompressor().content(of: $0, after: baseBytes, .exactly(targetBytes.count)) })
    }
    row(
      "zstd -3 alone", { zstd.frame(of: targetBytes) },
      { try ZstdDecompressor().content(of: $0, .exactly(targetBytes.count)) })
    row(
      "copy and insert", { BinaryDiffEngine().diff(from: base, to: target)?.wireBytes },
      { try BinaryDiff(wireBytes: $0).target(from: base) })
    row(
      "copy and insert in zstd",
      {
        PatchChoice(base: base, target: target, policy: .init(methods: [.copyInsert]))?
          .patch.wireBytes
      },
      { try Patch(wireBytes: $0).target(from: base) })
    row(
      "VCDIFF", { BinaryDiffEngine().script(from: baseBytes, to: targetBytes)?.vcdiffBytes() },
      { try VCDIFF.target(of: $0, from: baseBytes) })
    for bytes in [256, 512, 2_048, BlockSignature.recommendedBlockBytes(baseBytes: base.count)] {
      let signature = BaseSignature(blocksOf: base, blockBytes: bytes)
      row(
        "blocks of \(bytes) B, signature \(signature?.wireBytes.count ?? 0) B",
        { signature?.diff(to: target)?.wireBytes },
        { try BinaryDiff(wireBytes: $0).target(from: base) })
    }
    for bytes in [1_024, 4_096] {
      let signature = BaseSignature(chunksOf: base, averageBytes: bytes)
      row(
        "chunks of \(bytes) B, signature \(signature?.wireBytes.count ?? 0) B",
        { signature?.diff(to: target)?.wireBytes },
        { try BinaryDiff(wireBytes: $0).target(from: base) })
    }
  }
}
