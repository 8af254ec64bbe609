import Primitives
import Reconciliation
import TestSupport
import Testing

@Suite struct RecordTests {
  @Test func record_shouldBeRefused_whenItsKeyIsEmptyOrTooLong() throws {
    let most = ReconciliationLimits.keyBytesMax
    let longest = [UInt8](repeating: 7, count: most)
    #expect(Record(key: [], version: 1, value: []) == nil)
    #expect(Record(key: longest + [7], version: 1, value: []) == nil)
    let record = try #require(Record(key: longest, version: 1, value: [1]))
    #expect(try Record(wireBytes: record.wireBytes) == record)
    var encoder = WireEncoder()
    encoder.append([UInt8]())
    encoder.append(UInt64(1))
    encoder.append(UInt32(1))
    encoder.append(Hash256.zero)
    #expect(throws: WireError.invalidValue("a record's key is empty", at: 0)) {
      try Record(wireBytes: encoder.bytes)
    }
  }

  @Test func id_shouldDiffer_whenAnyFieldDoes() throws {
    let base = try #require(Record(key: [1], version: 1, value: [1]))
    let others = [
      Record(key: [2], version: 1, value: [1]), Record(key: [1], version: 2, value: [1]),
      Record(key: [1], version: 1, value: [2]),
      Record(key: [1], version: 1, digest: base.digest, size: 2),
    ].compactMap { $0 }
    #expect(Set(others.map(\.id) + [base.id]).count == 5)
    #expect(try RecordID(wireBytes: base.id.wireBytes) == base.id)
  }
}
