import Primitives
import Storage

/// Where a stored chain stands: the one record that tells which of the others count.
struct StoredPosition: Equatable {
  /// The form of the chain's records that this program writes, and the newest one it reads.
  static let formatVersion: UInt32 = 1

  var genesis: Hash256
  /// False for chains that only follow headers.
  var holdsState: Bool
  var head: BlockID
  var macro: BlockID
  var election: BlockID
  /// Height from which on diffs are kept.
  var diffFloor: UInt32
}

extension StoredPosition: WireCodable {
  /// The format first, which decides how the rest is read.
  func encode(to encoder: inout WireEncoder) {
    encoder.append(Self.formatVersion)
    encoder.append(genesis)
    encoder.append(holdsState)
    for id in [head, macro, election] {
      encoder.append(id.number)
      encoder.append(id.hash)
    }
    encoder.append(diffFloor)
  }

  init(from decoder: inout WireDecoder) throws(WireError) {
    let version = try decoder.uint32()
    guard version == Self.formatVersion else {
      throw .invalidCase(UInt64(version), of: "StoredPosition.formatVersion", at: 0)
    }
    genesis = try decoder.hash()
    holdsState = try decoder.flag()
    head = try Self.id(&decoder)
    macro = try Self.id(&decoder)
    election = try Self.id(&decoder)
    diffFloor = try decoder.uint32()
  }

  private static func id(_ decoder: inout WireDecoder) throws(WireError) -> BlockID {
    BlockID(number: try decoder.uint32(), hash: try decoder.hash())
  }

  /// The format that `bytes` say they have, nil if they say none.
  static func format(of bytes: [UInt8]) -> UInt32? {
    var decoder = WireDecoder(bytes)
    return try? decoder.uint32()
  }
}

/// A block as it is stored: the body has a record of its own, since most readers do without.
struct StoredBlock {
  /// What is stored of the body.
  enum Body: UInt8 {
    /// The block came without one.
    case none
    /// It has no transactions, so there is no record.
    case empty
    /// It has a record.
    case record
  }

  /// Without its body.
  let block: Block
  let body: Body

  init(_ block: Block) {
    self.block = block.withoutBody
    body =
      switch block.body {
      case nil: .none
      case .some(let body): body.transactions.isEmpty ? .empty : .record
      }
  }
}

extension StoredBlock: WireCodable {
  func encode(to encoder: inout WireEncoder) {
    encoder.append(block.header)
    encoder.append(block.justification)
    encoder.append(optional: block.nextValidators)
    encoder.append(byte: body.rawValue)
  }

  init(from decoder: inout WireDecoder) throws(WireError) {
    block = Block(
      header: try decoder.value(), justification: try decoder.value(),
      nextValidators: try decoder.optional(), body: nil)
    let offset = decoder.offset
    let index = try decoder.byte()
    guard let body = Body(rawValue: index) else {
      throw .invalidCase(UInt64(index), of: "StoredBlock.Body", at: offset)
    }
    self.body = body
  }
}

/// The blocks above the last macro block at one height.
struct StoredHeight: WireCodable {
  var blocks: [Hash256]

  func encode(to encoder: inout WireEncoder) {
    encoder.append(blocks)
  }

  init(_ blocks: [Hash256]) { self.blocks = blocks }

  init(from decoder: inout WireDecoder) throws(WireError) {
    blocks = try decoder.array(elementBytes: Hash256.byteCount)
  }
}

extension StoreOwner {
  /// The owner of a store that holds the chain with this first block.
  public static func chain(_ genesis: Hash256) -> StoreOwner {
    StoreOwner(kind: "chain", version: StoredPosition.formatVersion, identity: genesis)
  }
}
