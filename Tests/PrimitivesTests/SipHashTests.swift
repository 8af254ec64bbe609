import Primitives
import Testing

@Suite struct SipHashTests {
  /// The key 00 01 … 0f of the paper's appendix A.
  private let key = SipKey(low: 0x0706_0504_0302_0100, high: 0x0f0e_0d0c_0b0a_0908)

  @Test func sipHash_shouldGiveThePapersValue_forFifteenBytes() {
    #expect(SipHash.hash((0..<15).map { UInt8($0) }, key: key) == 0xa129_ca61_49be_45e5)
  }

  @Test func sipHash_shouldTakeNothing_andDependOnTheKey() {
    let empty = SipHash.hash([], key: key)
    #expect(empty == 0x726f_db47_dd0e_0e31)
    #expect(SipHash.hash([], key: SipKey(low: key.low, high: key.high ^ 1)) != empty)
  }
}
