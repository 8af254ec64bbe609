import Ledger
import Messages
import Primitives
import StateTrie

/// A chain, what happens to a node that joins it, and what must be seen after each step.
public struct Fixture: Sendable, Hashable {
  public var header: FixtureHeader
  public var genesis: Genesis
  public var steps: [FixtureStep]
  public var end: FixtureEnd
}

/// The last record: the state of the network's chain, which the node must have then.
public struct FixtureEnd: Sendable, Hashable {
  public var number: UInt32
  public var head: Hash256
  public var root: Hash256
  /// Every item in key order.
  public var items: [TrieItem]
}

extension FixtureEnd {
  static let record = "end"

  func line(steps: Int) -> [UInt8] {
    var writer = FixtureLineWriter(record: Self.record)
    writer.integer("steps", UInt64(steps))
    writer.integer("number", number)
    writer.hash("head", head)
    writer.hash("root", root)
    writer.integer("items", UInt64(items.count))
    writer.hex("state", FixtureItems(items: items).wireBytes)
    return writer.line()
  }

  init(from reader: inout FixtureLineReader, steps: Int) throws(FixtureError) {
    guard try reader.integer("steps") == UInt64(steps) else {
      throw reader.invalid("steps", "is not \(steps), the number of steps before it")
    }
    let number: UInt32 = try reader.integer("number")
    let head = try reader.hash("head")
    let root = try reader.hash("root")
    let count: UInt64 = try reader.integer("items")
    let state: FixtureItems = try reader.value("state")
    guard UInt64(state.items.count) == count else {
      throw reader.invalid("items", "is not \(state.items.count), the number of items of the state")
    }
    self.init(number: number, head: head, root: root, items: state.items)
    try reader.finish()
  }
}

/// Items of a state, for their wire form and their digest.
struct FixtureItems: WireCodable {
  let items: [TrieItem]

  init(items: [TrieItem]) {
    self.items = items
  }

  func encode(to encoder: inout WireEncoder) {
    encoder.append(items)
  }

  init(from decoder: inout WireDecoder) throws(WireError) {
    // An item takes at least a key of one nibble and the length of its value.
    items = try decoder.array(
      of: TrieItem.self, elementBytes: 3, limit: FixtureLimits.lineBytesMax)
  }

  var digest: Hash256 { Blake2b256.hash(wireBytes) }
}

extension Fixture {
  private static let genesisRecord = "genesis"

  /// The file: one line a record.
  public var bytes: [UInt8] {
    var genesisLine = FixtureLineWriter(record: Self.genesisRecord)
    genesisLine.hash("hash", genesis.hash)
    genesisLine.hex("genesis", genesis.wireBytes)
    return header.line + genesisLine.line() + steps.flatMap(\.lines) + end.line(steps: steps.count)
  }

  /// Reads a file. Whatever the bytes are, the result is a fixture whose `bytes` are the same, or
  /// an error that names the line.
  public init(bytes: [UInt8]) throws(FixtureError) {
    var rest = [bytes]
    try self.init { rest.popLast() ?? [] }
  }

  /// Reads a file piece by piece: `next` gives the next bytes, none at the end. No more is asked
  /// for once it is clear that the bytes are no fixture.
  public init(next: @escaping () -> [UInt8]) throws(FixtureError) {
    var reader = FixtureFileReader(next)
    var line = try reader.next(FixtureHeader.record)
    let header = try FixtureHeader(from: &line, itemsMax: MessageLimits.chunkItemsMax)
    line = try reader.next(Self.genesisRecord)
    let hash = try line.hash("hash")
    let genesis: Genesis = try line.value("genesis")
    guard genesis.hash == hash else { throw line.invalid("hash", "is not the genesis hash") }
    try line.finish()
    let (steps, end) = try reader.steps()
    self.init(header: header, genesis: genesis, steps: steps, end: end)
  }
}
