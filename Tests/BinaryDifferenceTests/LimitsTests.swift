import BinaryDifference
import Testing

@Suite struct BinaryDifferenceLimitsTests {
  @Test func target_shouldBeBounded_byTheLargestValue() {
    #expect(BinaryDifferenceLimits.targetBytesMax == 64 << 20)
  }
}
