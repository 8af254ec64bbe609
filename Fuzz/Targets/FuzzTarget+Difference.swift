import BinaryDifference
import Compression
import Primitives

extension FuzzTarget {
  static let difference: [FuzzTarget] = [
    differenceWire, binaryDiff, vcdiff, rdiffSignature, rdiffDelta, zstdPatch,
  ]

  /// What the other side has, and what it is to have.
  private static let base: [UInt8] = (0..<900).map { UInt8($0 * $0 / 7 % 251) }
  private static let targets: [[UInt8]] = [
    [], base, Array(base[300...]) + [1, 2, 3] + base[..<300],
    Array(base[..<200]) + [UInt8](repeating: 9, count: 200) + base[210...],
  ]
  /// Bytes that may come out.
  private static let limit = 4_000

  private static func scripts() -> [EditScript] {
    let engine = BinaryDiffEngine(windowBytes: 16, chunkBytes: 8)
    return targets.compactMap { engine.script(from: base, to: $0) }
  }

  private static func diffs() -> [BinaryDiff] {
    let hash = HashedBytes(base).hash
    return zip(targets, scripts()).map {
      BinaryDiff(baseHash: hash, targetHash: HashedBytes($0).hash, script: $1)
    }
  }

  private static func patches() -> [Patch] {
    PatchMethod.allCases.compactMap { method in
      let policy = PatchPolicy(methods: [method])
      return PatchChoice(base: HashedBytes(base), target: HashedBytes(targets[2]), policy: policy)?
        .patch
    }
  }

  private static let differenceWire = wire(
    "wire-difference",
    [
      .init(EditScript.self) { scripts() },
      .init(BinaryDiff.self) { diffs() },
      .init(Patch.self) { patches() },
      .init(BaseSignature.self) {
        [
          BaseSignature(blocksOf: HashedBytes(base), blockBytes: 128),
          BaseSignature(chunksOf: HashedBytes(base), averageBytes: 256),
        ].compactMap { $0 }
      },
    ])

  /// Whatever a difference says, what comes out is what it promised, and within the bound.
  private static let binaryDiff = FuzzTarget(
    "binary-diff", seeds: { diffs().map(\.wireBytes) },
    check: { input in
      guard let diff = try? BinaryDiff(wireBytes: input),
        let made = try? diff.target(from: HashedBytes(base), limit: limit)
      else { return }
      try demand(HashedBytes(made).hash == diff.targetHash, "something else came out")
      try demand(made.count <= limit, "\(made.count) bytes came out")
    })

  /// Applied at once or read as copies and inserts, a delta makes the same.
  private static let vcdiff = FuzzTarget(
    "vcdiff", seeds: { scripts().map { $0.vcdiffBytes(windowBytes: 400) } },
    check: { input in
      let made = try? VCDIFF.target(of: input, from: base, limit: limit)
      let diff = try? BinaryDiff(vcdiff: input, base: HashedBytes(base), limit: limit)
      try demand((made == nil) == (diff == nil), "the two readers do not agree")
      guard let made, let diff else { return }
      try demand(made.count <= limit, "\(made.count) bytes came out")
      try demand(
        (try? diff.target(from: HashedBytes(base))) == made, "the copies make something else")
      let again = diff.script.vcdiffBytes(windowBytes: 100)
      try demand(
        (try? VCDIFF.target(of: again, from: base)) == made, "what is written makes another one")
    })

  /// Whatever a signature says, the search ends, and its steps either make the target or not: but
  /// they are within the bounds.
  private static let rdiffSignature = FuzzTarget(
    "rdiff-signature",
    seeds: {
      RollingHashKind.allCases.compactMap {
        BlockSignature(of: base, kind: $0, blockBytes: 128, strongBytes: 4)?.rdiffBytes
      }
    },
    check: { input in
      guard let signature = try? BlockSignature(rdiff: input) else { return }
      try demand(signature.rdiffBytes == input, "a signature is written as another one")
      for target in targets {
        guard let script = signature.script(to: target) else { continue }
        try demand(script.targetBytes == target.count, "the steps make another length")
      }
    })

  private static let rdiffDelta = FuzzTarget(
    "rdiff-delta", seeds: { scripts().map(\.rdiffBytes) },
    check: { input in
      guard let script = try? EditScript(rdiff: input, limit: limit) else { return }
      try demand(try EditScript(rdiff: script.rdiffBytes) == script, "read as another one")
      try demand(try EditScript(wireBytes: script.wireBytes) == script, "read as another one")
      guard let made = try? script.target(from: base) else { return }
      try demand(made.count == script.targetBytes && made.count <= limit, "another length")
    })

  /// The input is a frame that refers to the base.
  private static let zstdPatch = FuzzTarget(
    "zstd-patch",
    seeds: {
      let zstd = ZstdCompressor(level: 1)
      return targets.compactMap { zstd.frame(of: $0, after: base) }
    },
    check: { input in
      let zstd = ZstdDecompressor()
      guard let made = try? zstd.content(of: input, after: base, .atMost(limit)) else { return }
      try demand(made.count <= limit, "\(made.count) bytes came out")
      try demand(
        (try? zstd.content(of: input, after: base, .exactly(made.count))) == made,
        "something else came out the second time")
    })
}
