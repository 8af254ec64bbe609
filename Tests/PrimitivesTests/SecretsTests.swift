import Primitives
import Testing

@Suite struct SecretsTests {
  @Test func wipedBytes_shouldBeZero_andACopyStay() {
    var secret: [UInt8] = (1...64).map { $0 }
    let copy = secret
    Secrets.wipe(&secret)
    #expect(secret == [UInt8](repeating: 0, count: 64) && copy.first == 1)
    var empty: [UInt8] = []
    Secrets.wipe(&empty)
    #expect(empty == [])
  }
}
