import KeyValue
import RESP
import TestSupport
import Testing

@Suite struct RefusedWritesTests {
  @Test func expiredKeys_shouldBeGoneForReaders_withoutAWrite_whileWritesAreRefused() {
    var node = Node()
    node("SET a 1 PX 10")
    node("SET b 2")
    node.core.writeRefusal = "the disk is full"
    node.now += 100
    let written = node.log.count
    #expect(node("GET a") == .null)
    #expect(node("EXISTS a b") == .integer(1))
    #expect(node("PTTL a") == .integer(-2))
    #expect(node("KEYS *") == .array([.text("b")]))
    #expect(node("RANDOMKEY") == .text("b"))
    node.core.beginBatch(at: node.now)
    node.core.expireSome()
    node.end()
    #expect(node.log.count == written)
    #expect(node("SET c 3") == .error("MISCONF the disk is full"))
    node.core.writeRefusal = nil
    node.core.beginBatch(at: node.now)
    node.core.expireSome()
    node.end()
    #expect(node.log.count == written + 1)
  }
}
