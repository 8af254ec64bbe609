import Networking
import Primitives
import SimulatedNetworking
import TestSupport
import Testing

@Suite struct PeerIDTests {
  private static func identity(_ random: inout SeededGenerator) -> NodeIdentity {
    var bytes = (0..<32).map { _ in UInt8(random.below(256)) }
    // Many agree in their first bytes.
    for index in 0..<random.below(33) { bytes[index] = 0 }
    return NodeIdentity(key: PublicKey(raw: Hash256(bytes: bytes)!))
  }

  @Test func peer_shouldBeItsKey_whateverItsNumber() {
    let first = PeerID(identity: .simulated(1), number: 5)
    let again = PeerID(identity: .simulated(1), number: 9)
    let other = PeerID(identity: .simulated(2), number: 5)
    #expect(first == again && first != other && first < other && !(again < first))
    #expect(Set([first, again, other]).count == 2)
    #expect("\(first) \(again)" == "p5 p9")
    #expect(PeerEvent.left(first) == .left(again))
  }

  @Test func identities_shouldSortLikeTheirBytes_andKeepThemOnTheWire() throws {
    var random = SeededGenerator(seed: 1)
    for _ in 0..<500 {
      let (a, b) = (Self.identity(&random), Self.identity(&random))
      let (left, right) = (a.wireBytes, b.wireBytes)
      #expect(left.count == 32 && "\(a)" == Hex.string(left))
      #expect((a < b) == left.lexicographicallyPrecedes(right), "\(a) \(b)")
      #expect((a == b) == (left == right))
      #expect(try NodeIdentity(wireBytes: left) == a)
      #expect(throws: WireError.self) { try NodeIdentity(wireBytes: left.dropLast()) }
    }
  }

  @Test func simulatedPeers_shouldSortLikeTheirNumbers() {
    let numbers: [UInt32] = [0, 1, 2, 255, 256, 65_535, 65_536, 1 << 31, .max]
    #expect(numbers.reversed().map { PeerID($0) }.sorted().map(\.number) == numbers)
  }
}

@Suite struct PeerDirectoryTests {
  @Test func key_shouldKeepItsNumber_whileItIsRemembered() {
    var directory = PeerDirectory(firstNumber: 3)
    #expect(directory.connected(.simulated(8))?.number == 3)
    #expect(directory.connected(.simulated(2))?.number == 4)
    #expect(directory.connected(.simulated(8))?.number == 3)
    directory.disconnected(.simulated(8))
    #expect(directory.connected(.simulated(8))?.number == 3)
    #expect(directory.count == 2)
  }

  @Test func directory_shouldForgetWhoLeftFirst_andNobodyWhoIsThere() {
    var directory = PeerDirectory(peersMax: 3)
    let peers = (0..<3).compactMap { directory.connected(.simulated($0)) }
    #expect(directory.connected(.simulated(3)) == nil && directory.count == 3)
    for number: UInt32 in [1, 0, 1] { directory.disconnected(.simulated(number)) }
    // Peer 1 left before peer 0; that it was said to leave again does not count.
    #expect(directory.connected(.simulated(3))?.number == 3)
    #expect(directory.connected(.simulated(0))?.number == 0)
    let again = directory.connected(.simulated(1))
    #expect(again == nil)
    directory.disconnected(.simulated(2))
    let back = directory.connected(.simulated(1))
    #expect(back == peers[1] && back?.number == 4)
    #expect(directory.count == 3)
  }

  @Test func directory_shouldGiveNoNumberTwice() {
    var directory = PeerDirectory(peersMax: 2, firstNumber: .max - 1)
    for number: UInt32 in [0, 1] {
      #expect(directory.connected(.simulated(number))?.number == .max - 1 + number)
      directory.disconnected(.simulated(number))
    }
    #expect(directory.connected(.simulated(2)) == nil)
    #expect(directory.connected(.simulated(1))?.number == .max)
  }

  @Test func knownKeys_shouldHaveTheirNumbers_andOthersGreaterOnes() {
    let known: [NodeIdentity: UInt32] = [.simulated(9): 4, .simulated(8): 2]
    var directory = PeerDirectory(firstNumber: 1, known: known)
    #expect(directory.count == 2)
    #expect(directory.connected(.simulated(7))?.number == 5)
    #expect(directory.connected(.simulated(9))?.number == 4)
    #expect(directory.connected(.simulated(8))?.number == 2)
    var full = PeerDirectory(peersMax: 2, known: [.simulated(1): 0, .simulated(2): .max])
    #expect(full.connected(.simulated(2))?.number == .max)
    // No number is left that was not given.
    #expect(full.connected(.simulated(3)) == nil)
  }

  @Test func directory_shouldAgreeWithAModel() {
    for seed: UInt64 in 0..<30 {
      var random = SeededGenerator(seed: seed)
      var directory = PeerDirectory(peersMax: 6)
      // Keys that are remembered, who left first in front, and their numbers.
      var (connected, gone): ([UInt32], [UInt32]) = ([], [])
      var numbers: [UInt32: UInt32] = [:]
      var given: UInt32 = 0
      for _ in 0..<400 {
        let key = UInt32(random.below(12))
        if random.below(2) == 0 {
          directory.disconnected(.simulated(key))
          if connected.contains(key) { gone.append(key) }
          connected.removeAll { $0 == key }
          continue
        }
        let isKnown = numbers[key] != nil
        if !isKnown, numbers.count == 6, !gone.isEmpty { numbers[gone.removeFirst()] = nil }
        if !isKnown, numbers.count < 6 {
          numbers[key] = given
          given += 1
        }
        #expect(directory.connected(.simulated(key))?.number == numbers[key], "seed \(seed)")
        gone.removeAll { $0 == key }
        if numbers[key] != nil, !connected.contains(key) { connected.append(key) }
        #expect(directory.count == numbers.count)
      }
    }
  }
}
