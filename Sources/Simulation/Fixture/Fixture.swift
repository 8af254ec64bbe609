import Ledger
import LiveSync
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
    var reader = try FixtureFileReader(bytes)
    var line = try reader.next(FixtureHeader.record)
    let header = try FixtureHeader(from: &line, itemsMax: LiveSyncLimits.chunkItemsMax)
    line = try reader.next(Self.genesisRecord)
    let hash = try line.hash("hash")
    let genesis: Genesis = try line.value("genesis")
    guard genesis.hash == hash else { throw line.invalid("hash", "is not the genesis hash") }
    try line.finish()
    let (steps, end) = try reader.steps()
    self.init(header: header, genesis: genesis, steps: steps, end: end)
  }
}

/// Goes through the lines of a fixture.
private struct FixtureFileReader {
  private var rest: ArraySlice<UInt8>
  private var number = 0

  init(_ bytes: [UInt8]) throws(FixtureError) {
    guard bytes.count <= FixtureLimits.fileBytesMax else {
      throw .tooLarge("the file", limit: FixtureLimits.fileBytesMax, line: 1)
    }
    rest = bytes[...]
  }

  /// The next line and what record it is.
  private mutating func line() throws(FixtureError) -> (String, FixtureLineReader) {
    number += 1
    guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
      throw rest.isEmpty
        ? .order("the file ends without an `end` record", line: number)
        : .incompleteLine(line: number)
    }
    let bytes = rest[..<end]
    guard bytes.count <= FixtureLimits.lineBytesMax else {
      throw .tooLarge("the line", limit: FixtureLimits.lineBytesMax, line: number)
    }
    rest = rest[rest.index(after: end)...]
    var reader = try FixtureLineReader(bytes, number: number)
    let record = try reader.text("record")
    return (record, reader)
  }

  /// The next line, which must be this record.
  mutating func next(_ wanted: String) throws(FixtureError) -> FixtureLineReader {
    let (record, reader) = try line()
    guard record == wanted else { throw .order("expected the record `\(wanted)`", line: number) }
    return reader
  }

  /// Everything after genesis.
  mutating func steps() throws(FixtureError) -> ([FixtureStep], FixtureEnd) {
    var steps: [FixtureStep] = []
    var known: Set<Hash256> = []
    var blocks: [FixtureBlock] = []
    var answers: [FixtureAnswer] = []
    while true {
      var (record, reader) = try line()
      switch record {
      case FixtureBlock.record:
        let block = try FixtureBlock(from: &reader)
        guard known.insert(block.block.hash).inserted else {
          throw reader.invalid("hash", "names a block that came before")
        }
        blocks.append(block)
      case FixtureAnswer.record:
        answers.append(
          try FixtureAnswer(from: &reader, step: UInt32(steps.count), known: known))
      case FixtureStep.record:
        steps.append(
          try step(&reader, UInt32(steps.count), known: known, blocks: blocks, answers: answers))
        (blocks, answers) = ([], [])
      case FixtureEnd.record:
        guard blocks.isEmpty, answers.isEmpty, rest.isEmpty else {
          throw .order("an `end` record stands inside the file", line: number)
        }
        return (steps, try FixtureEnd(from: &reader, steps: steps.count))
      default:
        throw .order("`\(record)` is no record of a step", line: number)
      }
    }
  }

  private mutating func step(
    _ reader: inout FixtureLineReader, _ index: UInt32, known: Set<Hash256>,
    blocks: [FixtureBlock], answers: [FixtureAnswer]
  ) throws(FixtureError) -> FixtureStep {
    let line = number
    let found: UInt32 = try reader.integer("step")
    guard found == index else { throw reader.invalid("step", "is \(found) instead of \(index)") }
    guard index < FixtureLimits.stepsMax else {
      throw .tooLarge("the number of steps", limit: FixtureLimits.stepsMax, line: line)
    }
    let milliseconds: UInt32 = try reader.integer(
      "ms", atMost: FixtureLimits.stepMillisecondsMax)
    let action = try FixtureAction(from: &reader, known: known)
    guard (action == .start) == (index == 0) else {
      throw reader.invalid("do", "is start in the first step and only there")
    }
    var expectation = try next(FixtureObservation.record)
    return FixtureStep(
      number: index, milliseconds: milliseconds, action: action, blocks: blocks,
      answers: answers, expected: try FixtureObservation(from: &expectation, step: index),
      line: line)
  }
}
