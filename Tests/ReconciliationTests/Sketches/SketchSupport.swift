import Primitives
import Reconciliation
import TestSupport

/// The items of the reference's vectors: 32 bytes, whose hash is the first eight bytes of their
/// SHA-256, little-endian.
struct VectorItem: SketchItem {
  var value: Hash256

  static let byteCount = 32
  static let zero = VectorItem(value: .zero)

  mutating func formXor(_ other: VectorItem) {
    value.words.0 ^= other.value.words.0
    value.words.1 ^= other.value.words.1
    value.words.2 ^= other.value.words.2
    value.words.3 ^= other.value.words.3
  }

  var checksum: UInt64 { Sha256.hash(value.bytes).words.0.byteSwapped }
  var mappingSeed: (UInt64, UInt64) { (checksum, 0) }

  func append(to encoder: inout WireEncoder) { encoder.append(value) }

  init(value: Hash256) { self.value = value }
  init(reading decoder: inout WireDecoder) throws(WireError) { value = try decoder.hash() }
}

/// Two sets of ids and what they differ in.
struct TwoSets {
  let local: [RecordID]
  let remote: [RecordID]
  let difference: RecordDifference

  init(common: Int, missing: Int, extra: Int, from generator: inout SeededGenerator) {
    let ids = generator.ids(common + missing + extra)
    local = Array(ids[..<common] + ids[(common + missing)...])
    remote = Array(ids[..<(common + missing)])
    difference = RecordDifference(
      missing: Set(ids[common..<(common + missing)]), extra: Set(ids[(common + missing)...]))
  }
}

extension SeededGenerator {
  mutating func id() -> RecordID { RecordID(high: next(), low: next()) }

  mutating func ids(_ count: Int) -> [RecordID] { (0..<count).map { _ in id() } }
}
