import Primitives

/// The kinds of blocks.
public enum BlockKind: UInt8, Sendable, Hashable, CaseIterable {
  /// Carries transactions; signed by its producer.
  case micro
  /// Stands in for a missing micro block; changes nothing; signed by a quorum.
  case skip
  /// Ends a batch and makes all before it final; signed by a quorum.
  case macro
  /// A macro block that also ends an epoch and names the next validators.
  case election

  /// True for macro and election blocks.
  public var isMacro: Bool { self == .macro || self == .election }
}

/// What a block's hash commits to. Immutable; the hash is computed once.
public struct BlockHeader: Sendable, Hashable {
  /// The fields in wire order.
  public struct Fields: Sendable, Hashable {
    public var kind: BlockKind
    /// Height; genesis is 0.
    public var number: UInt32
    /// Milliseconds since the Unix epoch; more than the parent's.
    public var timestamp: UInt64
    public var network: UInt16
    public var version: UInt16
    public var parentHash: Hash256
    /// Macro and election blocks: the election block before this one. Nil for the others.
    public var lastElectionHash: Hash256?
    /// Root of the account trie after the block.
    public var stateRoot: Hash256
    /// Commitment to the block's trie diff (`TrieDiff.root`).
    public var diffRoot: Hash256
    /// Commitment to the transactions and the next validators (`Block.bodyRoot`).
    public var bodyRoot: Hash256
    /// Root of the mountain range over the hashes of all earlier blocks, genesis to parent.
    public var historyRoot: Hash256
    public var seed: BlockSeed

    public init(
      kind: BlockKind, number: UInt32, timestamp: UInt64, network: UInt16, version: UInt16,
      parentHash: Hash256, lastElectionHash: Hash256?, stateRoot: Hash256, diffRoot: Hash256,
      bodyRoot: Hash256, historyRoot: Hash256, seed: BlockSeed
    ) {
      self.kind = kind
      self.number = number
      self.timestamp = timestamp
      self.network = network
      self.version = version
      self.parentHash = parentHash
      self.lastElectionHash = lastElectionHash
      self.stateRoot = stateRoot
      self.diffRoot = diffRoot
      self.bodyRoot = bodyRoot
      self.historyRoot = historyRoot
      self.seed = seed
    }
  }

  public let fields: Fields
  /// BLAKE2b-256 of the wire form.
  public let hash: Hash256

  public init(_ fields: Fields) {
    self.fields = fields
    hash = Blake2b256.hash(fields.wireBytes)
  }

  public var kind: BlockKind { fields.kind }
  public var number: UInt32 { fields.number }
  public var timestamp: UInt64 { fields.timestamp }
  public var network: UInt16 { fields.network }
  public var version: UInt16 { fields.version }
  public var parentHash: Hash256 { fields.parentHash }
  public var lastElectionHash: Hash256? { fields.lastElectionHash }
  public var stateRoot: Hash256 { fields.stateRoot }
  public var diffRoot: Hash256 { fields.diffRoot }
  public var bodyRoot: Hash256 { fields.bodyRoot }
  public var historyRoot: Hash256 { fields.historyRoot }
  public var seed: BlockSeed { fields.seed }

  public static func == (a: BlockHeader, b: BlockHeader) -> Bool { a.hash == b.hash }
  public func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}

extension BlockHeader: WireCodable {
  public func encode(to encoder: inout WireEncoder) { encoder.append(fields) }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    self.init(try decoder.value())
  }
}

extension BlockHeader.Fields: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(byte: kind.rawValue)
    encoder.append(number)
    encoder.append(timestamp)
    encoder.append(UInt32(network))
    encoder.append(UInt32(version))
    encoder.append(parentHash)
    encoder.append(optional: lastElectionHash)
    encoder.append(stateRoot)
    encoder.append(diffRoot)
    encoder.append(bodyRoot)
    encoder.append(historyRoot)
    encoder.append(seed)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let offset = decoder.offset
    let index = try decoder.byte()
    guard let kind = BlockKind(rawValue: index) else {
      throw .invalidCase(UInt64(index), of: "BlockKind", at: offset)
    }
    self.init(
      kind: kind, number: try decoder.uint32(), timestamp: try decoder.uint64(),
      network: try decoder.uint16(), version: try decoder.uint16(),
      parentHash: try decoder.hash(), lastElectionHash: try decoder.optional(),
      stateRoot: try decoder.hash(), diffRoot: try decoder.hash(), bodyRoot: try decoder.hash(),
      historyRoot: try decoder.hash(), seed: try decoder.value())
  }
}
