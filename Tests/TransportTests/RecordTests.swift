import TestSupport
import Testing
import Transport

@Suite struct RecordTests {
  private static func sealer(_ rekey: RekeySchedule = RekeySchedule()) -> RecordSealer {
    RecordSealer(CipherState(key: NoiseTests.secret(1)), rekey: rekey)
  }

  private static func opener(_ rekey: RekeySchedule = RekeySchedule()) -> RecordOpener {
    RecordOpener(CipherState(key: NoiseTests.secret(1)), rekey: rekey)
  }

  @Test func records_shouldArrive_howeverTheirBytesAreSplit() throws {
    for seed in UInt64(0)..<50 {
      var random = SeededGenerator(seed: seed)
      var sealer = Self.sealer()
      var opener = Self.opener()
      let plaintexts = (0..<20).map { _ in
        random.bytes(1 + random.below(random.chance(10) ? RecordSealer.plaintextBytesMax : 50))
      }
      let wire = try plaintexts.map { try sealer.seal($0) }.flatMap { $0 }
      var (rest, found) = (wire[...], [[UInt8]]())
      while !rest.isEmpty {
        var part = rest.prefix(1 + random.below(random.chance(50) ? 5 : 40_000))
        rest = rest.dropFirst(part.count)
        while let plaintext = try opener.next(from: &part) { found.append(plaintext) }
        #expect(part.isEmpty)
        #expect(opener.heldBytes < TransportLimits.recordBytesMax + 2)
      }
      #expect(found == plaintexts && opener.heldBytes == 0, "seed \(seed)")
    }
  }

  @Test func keys_shouldBeReplaced_afterSoManyRecordsOrBytes_atBothEnds() throws {
    #expect(RekeySchedule().records == TransportLimits.rekeyRecords)
    #expect(RekeySchedule().bytes == TransportLimits.rekeyBytes)
    for schedule in [RekeySchedule(records: 3, bytes: 1_000), .init(records: 1_000, bytes: 30)] {
      var sealer = Self.sealer(schedule)
      var opener = Self.opener(schedule)
      var other = Self.opener(RekeySchedule(records: 1_000, bytes: 1_000))
      for index in 0..<30 {
        let record = try sealer.seal([UInt8](repeating: 1, count: 10))
        var (input, copy) = (record[...], record[...])
        #expect(try opener.next(from: &input)?.count == 10)
        if index < 3 {
          #expect(try other.next(from: &copy)?.count == 10)
        } else if index == 3 {
          #expect(throws: RecordError.decryptFailed(record: 3)) { try other.next(from: &copy) }
        }
      }
    }
  }

  @Test func record_shouldBeRefused_whenChangedRepeatedOrLost() throws {
    var sealer = Self.sealer()
    let records = [try sealer.seal([1]), try sealer.seal([2])]
    for index in 2..<records[0].count {
      var opener = Self.opener()
      var changed = records[0]
      changed[index] ^= 0x10
      var input = changed[...]
      #expect(throws: RecordError.decryptFailed(record: 0)) { try opener.next(from: &input) }
    }
    var lossy = Self.opener()
    var input = records[1][...]
    #expect(throws: RecordError.decryptFailed(record: 0)) { try lossy.next(from: &input) }
    var repeated = Self.opener()
    input = records[0][...] + records[0]
    #expect(try repeated.next(from: &input) == [1])
    #expect(throws: RecordError.decryptFailed(record: 1)) { try repeated.next(from: &input) }
  }

  @Test func length_shouldBeRefused_whenNoRecordIsSoShort() throws {
    for length in UInt8(0)...17 {
      var opener = Self.opener()
      let bytes = [0, length] + [UInt8](repeating: 0, count: Int(length))
      var input = bytes[...]
      let error =
        length < 17
        ? RecordError.tooShort(bytes: Int(length), needed: 17) : .decryptFailed(record: 0)
      #expect(throws: error) { try opener.next(from: &input) }
    }
  }

  @Test func plaintext_shouldBeOneByteOrMore_andFitIntoARecord() throws {
    var sealer = Self.sealer()
    #expect(throws: RecordError.tooShort(bytes: 0, needed: 1)) { try sealer.seal([]) }
    let most = RecordSealer.plaintextBytesMax
    let record = try sealer.seal([UInt8](repeating: 0, count: most))
    #expect(record.count == TransportLimits.recordBytesMax + 2)
    #expect(throws: RecordError.tooLong(bytes: most + 1, limit: most)) {
      try sealer.seal([UInt8](repeating: 0, count: most + 1))
    }
  }

  @Test func records_shouldEnd_withTheNonces() throws {
    var sealer = RecordSealer(CipherState(key: NoiseTests.secret(1), nonce: .max - 1))
    var opener = RecordOpener(CipherState(key: NoiseTests.secret(1), nonce: .max - 1))
    let record = try sealer.seal([1])
    var input = record[...] + record
    #expect(try opener.next(from: &input) == [1])
    #expect(throws: RecordError.nonceExhausted) { try sealer.seal([1]) }
    #expect(throws: RecordError.nonceExhausted) { try opener.next(from: &input) }
  }
}
