import LiveSync
import Messages
import Primitives
import StateTrie

/// A block that is nothing but its place in a chain.
struct FakeBlock: SyncBlock, Hashable {
  var hash: Hash256
  var number: UInt32
  var parentHash: Hash256
  var hasBody = true
  var isMacro = false
  /// No diff's root: the cores only compare it with the empty one.
  var diffRoot = Hash256.zero
  var memoryBytes = 1

  init(number: UInt32, parent: Hash256, salt: UInt8 = 0) {
    var encoder = WireEncoder()
    encoder.append(number)
    encoder.append(parent)
    encoder.append(byte: salt)
    hash = Blake2b256.hash(encoder.bytes)
    self.number = number
    parentHash = parent
  }

  static let genesis = FakeBlock(number: 0, parent: .zero)

  /// `count` blocks after this one.
  func chain(_ count: Int, salt: UInt8 = 0) -> [FakeBlock] {
    var blocks: [FakeBlock] = []
    var last = self
    for _ in 0..<count {
      last = FakeBlock(number: last.number + 1, parent: last.hash, salt: salt)
      blocks.append(last)
    }
    return blocks
  }
}

/// A chain that takes whatever it is given: all the cores ask of a chain, and no more.
struct FakeChain: ChainReader {
  /// The main chain, from genesis.
  private(set) var main: [FakeBlock] = [.genesis]
  /// Known blocks that are not on it.
  var forks: Set<Hash256> = []
  var macroNumber: UInt32 = 0
  var missing = KeyRangeSet.all

  var headNumber: UInt32 { main[main.count - 1].number }
  var headHash: Hash256 { main[main.count - 1].hash }

  func isKnown(_ hash: Hash256) -> Bool { isOnMainChain(hash) || forks.contains(hash) }
  func isOnMainChain(_ hash: Hash256) -> Bool { main.contains { $0.hash == hash } }
  func locators(limit: Int) -> [Hash256] {
    main.reversed().prefix { $0.number >= macroNumber }.prefix(limit).map(\.hash)
  }

  mutating func extend(_ blocks: [FakeBlock]) {
    for block in blocks {
      precondition(block.parentHash == headHash, "block \(block.number) does not extend the head")
      main.append(block)
    }
  }
}
