import CRDT
import Compression
import Delta
import Primitives
import TestSupport
import Testing

@Suite struct DeltaCodecTests {
  @Test func delta_shouldBeReadAsItWasWritten() throws {
    let codec = DeltaCodec()
    for seed in 0..<40 as Range<UInt64> {
      let log = try DeltaSamples.log(
        1 + Int(seed) * 5, seed: seed, replicas: 1 + Int(seed) % 3,
        causes: seed % 2 == 0 ? .everything : .ownOnly, DeltaSamples.noise)
      let delta = try log.generateDelta(from: VersionVector())
      let encoded = codec.encode(delta)
      let read = try codec.decode(encoded.bytes)
      #expect(read.operations == delta.operations, "seed \(seed)")
      #expect(read.from == delta.from && read.to == delta.to)
      #expect(read.compression == encoded.compression)
      #expect(try Delta(wireBytes: delta.wireBytes).operations == delta.operations)
      // Later parts speak of replicas by what came before.
      let half = Delta(Array(delta.operations[..<(delta.operations.count / 2)]))
      let rest = try log.generateDelta(from: half.to)
      #expect(try codec.decode(codec.encode(rest).bytes).operations == rest.operations)
    }
    let empty = try codec.decode(codec.encode(Delta([])).bytes)
    #expect(empty.isEmpty && empty.from.isEmpty && empty.to.isEmpty)
  }

  /// Bytes of deltas beside those of their operations alone under zstd level 3: of replicas that
  /// hear of each other from time to time, as over links.
  @Test(arguments: [64, 256, 1_024, 8_192])
  func delta_shouldCostLittleMoreThanItsOperations(count: Int) throws {
    for (name, make) in [("users", DeltaSamples.operation), ("noise", DeltaSamples.noise)] {
      // Of a few operations the names of replicas, which nothing makes smaller, are a larger part.
      for replicas in 1...(count < 256 ? 1 : 3) {
        for causes in [OperationCauses.everything, .ownOnly] {
          let log = try DeltaSamples.log(
            count, seed: 7, replicas: replicas, causes: causes, hearing: 5, make)
          let delta = try log.generateDelta(from: VersionVector())
          #expect(delta.operations.count == count)
          let bare = ZstdCompressor(level: 3).frame(of: delta.operations.flatMap(\.bytes)).count
          let encoded = DeltaCodec().encode(delta, isPlain: true).bytes.count
          #expect(
            Double(encoded) <= 1.2 * Double(bare),
            "\(name), \(replicas) replicas, \(causes): \(encoded) for \(bare) bytes")
        }
      }
    }
  }

  // MARK: Dictionaries

  /// Deltas of a few operations each.
  private func deltas(
    _ count: Int, of size: Int, _ make: (inout SeededGenerator) -> [UInt8]
  ) throws -> [Delta] {
    let log = try DeltaSamples.log(count * size, seed: 11, replicas: 1, make)
    var known = VersionVector()
    return try (0..<count).map { _ in
      let delta = try log.generateDelta(from: known, operationsMax: size)
      known.merge(delta.to)
      return delta
    }
  }

  @Test func dictionary_shouldBeMade_whenItSavesMoreThanItCosts() throws {
    let codec = DeltaCodec()
    let plain = DeltaCodec()
    var shelf = DictionaryShelf()
    var (with, without, first, seen) = (0, 0, 0, 0)
    for (number, delta) in try deltas(3_000, of: 2, DeltaSamples.operation).enumerated() {
      let encoded = codec.encode(delta)
      without += plain.encode(delta, isPlain: true).bytes.count
      with += encoded.bytes.count
      if case .dictionary(let id) = encoded.compression, shelf[id] == nil {
        #expect(throws: DeltaError.unknownDictionary(id)) { try codec.decode(encoded.bytes) }
        let dictionary = try #require(codec.dictionary)
        let frame = codec.frame(of: dictionary)
        with += frame.count
        shelf.add(try plain.dictionary(id, in: frame))
        if first == 0 { first = number }
      }
      seen += delta.wireBytes.count
      if seen < DeltaLimits.dictionaryTryBytesMin { #expect(codec.dictionary == nil) }
      #expect(try plain.decode(encoded.bytes, shelf).operations == delta.operations)
    }
    let trial = try #require(codec.trial)
    let bytes = try #require(codec.dictionary).bytes.count
    #expect(bytes <= DeltaLimits.dictionaryBytesMax && bytes >= DeltaLimits.dictionaryBytesMin / 2)
    #expect(trial.recentBytes <= DeltaLimits.recentBytesMax)
    // One part of the latest bytes was tried, and not made from.
    #expect(trial.heldOutBytes >= trial.recentBytes / DeltaLimits.heldOutPart)
    #expect(trial.heldOutBytes < trial.recentBytes / DeltaLimits.heldOutPart + 200)
    #expect(trial.gain > 0 && trial.dictionaryBytes < trial.plainBytes)
    #expect(first > 0 && with < without, "\(with) of \(without) bytes, from \(first) on")
    #expect(plain.dictionary == nil)
  }

  @Test func dictionary_shouldNotBeMade_whenThereIsNothingInCommon() throws {
    let codec = DeltaCodec()
    for delta in try deltas(2_000, of: 2, DeltaSamples.noise) {
      guard case .none = codec.encode(delta).compression else { continue }
    }
    #expect(codec.dictionary == nil && codec.trial == nil)
  }

  /// What many peers must be sent first is worth it later.
  @Test func dictionary_shouldCostWhatAllReceiversAreSent() throws {
    let (one, many) = (DeltaCodec(receivers: 1), DeltaCodec(receivers: 10_000))
    for delta in try deltas(1_000, of: 2, DeltaSamples.operation) {
      _ = one.encode(delta)
      _ = many.encode(delta)
    }
    #expect(one.dictionary != nil && many.dictionary == nil)
  }

  @Test func strangeDictionary_shouldBeRefused() throws {
    let codec = DeltaCodec()
    for delta in try deltas(1_000, of: 2, DeltaSamples.operation) { _ = codec.encode(delta) }
    let dictionary = try #require(codec.dictionary)
    let frame = codec.frame(of: dictionary)
    let other = DictionaryID(dictionary.id.bits ^ 1)
    #expect(throws: DeltaError.badDictionary(other)) { try codec.dictionary(other, in: frame) }
    let zstd = ZstdCompressor(level: 1)
    let noDictionary = [UInt8](repeating: 3, count: 99)
    let id = DictionaryID(of: noDictionary)
    #expect(throws: DeltaError.badDictionary(id)) {
      try codec.dictionary(id, in: zstd.frame(of: noDictionary))
    }
    let long = zstd.frame(of: [UInt8](repeating: 3, count: DeltaLimits.dictionaryBytesMax + 1))
    let refused = #expect(throws: DeltaError.self) { try codec.dictionary(id, in: long) }
    #expect(refused?.reason == "delta_compression")
  }

  /// The table says one operation of the last number but two, the order says more of it.
  @Test func delta_shouldBeRefused_whenMoreOperationsComeThanTheTableSays() throws {
    for base in [0, 5, UInt64.max - 3] {
      for more in 1..<UInt64(10) {
        let bytes = DeltaSamples.overfull(base: base, more: more)
        let refusal = #expect(throws: DeltaError.self) { try DeltaCodec().decode(bytes) }
        #expect(refusal?.reason == "delta_malformed" && refusal?.isMisbehaviour == true)
      }
    }
  }

  @Test func badBytes_shouldBeRefused_withoutEffect() throws {
    let codec = DeltaCodec()
    let delta = try DeltaSamples.log(40, seed: 1).generateDelta(from: VersionVector())
    for bytes in [[], [3], [2, 1], Array(codec.encode(delta).bytes.dropLast())] as [[UInt8]] {
      #expect(throws: DeltaError.self) { try codec.decode(bytes) }
    }
    var generator = SeededGenerator(seed: 3)
    for bytes in [codec.encode(delta).bytes, [0] + delta.wireBytes] {
      for _ in 0..<2_000 {
        guard let read = try? codec.decode(generator.mutated(bytes)) else { continue }
        #expect(try Delta(wireBytes: read.wireBytes).operations == read.operations)
      }
    }
  }
}
