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
  init(loading bytes: UnsafeRawBufferPointer) { value = Hash256(loading: bytes) }
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

  init(local: [RecordID], remote: [RecordID]) {
    self.local = local
    self.remote = remote
    difference = RecordDifference(
      missing: Set(remote).subtracting(local), extra: Set(local).subtracting(remote))
  }
}

extension SeededGenerator {
  mutating func id() -> RecordID { RecordID(high: next(), low: next()) }

  mutating func ids(_ count: Int) -> [RecordID] { (0..<count).map { _ in id() } }
}

/// A comparison run to its end in one process.
struct ComparisonRun {
  /// Answers waited for, one after the other.
  var rounds = 0
  var bytesOut = 0
  var bytesIn = 0

  /// Runs `initiator` against `responder` until it is complete, or asks nothing more. Answers of
  /// one round come in the order that `generator` gives.
  init(
    _ initiator: inout some ComparisonInitiator, against responder: some ComparisonResponder,
    roundsMax: Int = 200, from generator: inout SeededGenerator,
    damage: (inout [UInt8]) -> Void = { _ in }
  ) throws(ReconciliationError) {
    while !initiator.isComplete, rounds < roundsMax {
      var requests: [ComparisonRequest] = []
      while let request = initiator.nextRequest() { requests.append(request) }
      if requests.isEmpty { return }
      rounds += 1
      requests.shuffle(using: &generator)
      for request in requests {
        bytesOut += request.body.count
        var answer = try responder.answer(request.body)
        bytesIn += answer.count
        damage(&answer)
        try initiator.receive(answer, to: request.number)
      }
    }
  }
}
