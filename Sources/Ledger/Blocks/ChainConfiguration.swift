import Primitives

/// What all nodes of one chain agree on beforehand. Part of the genesis hash.
public struct ChainConfiguration: Sendable, Hashable {
  /// Tells chains apart; in every header and transaction.
  public var network: UInt16
  /// Version of the block format.
  public var version: UInt16
  /// Every `blocksPerBatch`-th block is a macro block; at least 2.
  public var blocksPerBatch: UInt32
  /// Every `batchesPerEpoch`-th macro block is an election block; at least 1.
  public var batchesPerEpoch: UInt32
  /// Slots of every validator set together.
  public var slotCount: UInt16
  /// Time between blocks in milliseconds; also the time given to a skip block.
  public var blockIntervalMilliseconds: UInt64

  /// The reference's values (60 blocks of one second a batch) unless told otherwise.
  public init(
    network: UInt16 = 1, version: UInt16 = 1, blocksPerBatch: UInt32 = 60,
    batchesPerEpoch: UInt32 = 360, slotCount: UInt16 = 512,
    blockIntervalMilliseconds: UInt64 = 1_000
  ) {
    self.network = network
    self.version = version
    self.blocksPerBatch = blocksPerBatch
    self.batchesPerEpoch = batchesPerEpoch
    self.slotCount = slotCount
    self.blockIntervalMilliseconds = blockIntervalMilliseconds
  }

  /// Time between blocks.
  public var blockInterval: Duration { .milliseconds(Int64(clamping: blockIntervalMilliseconds)) }

  /// Blocks of an epoch.
  public var blocksPerEpoch: UInt32 { blocksPerBatch * batchesPerEpoch }

  /// True if a macro (or election) block belongs at this height. Genesis is one.
  public func isMacro(at number: UInt32) -> Bool { number % blocksPerBatch == 0 }

  /// True if an election block belongs at this height. Genesis is one.
  public func isElection(at number: UInt32) -> Bool { number % blocksPerEpoch == 0 }

  /// Height of the last macro block at or below `number`.
  public func macroNumber(atOrBelow number: UInt32) -> UInt32 { number - number % blocksPerBatch }

  /// Height of the election block that named the validators of block `number` > 0.
  public func electionNumber(before number: UInt32) -> UInt32 {
    (number - 1) - (number - 1) % blocksPerEpoch
  }

  /// True if `kind` may stand at height `number` > 0.
  public func allows(_ kind: BlockKind, at number: UInt32) -> Bool {
    switch kind {
    case .micro, .skip: !isMacro(at: number)
    case .macro: isMacro(at: number) && !isElection(at: number)
    case .election: isElection(at: number)
    }
  }

  /// True if the values are in their ranges.
  var isValid: Bool {
    (2...LedgerLimits.batchBlocksMax).contains(blocksPerBatch)
      && (1...LedgerLimits.batchBlocksMax).contains(batchesPerEpoch)
      && blocksPerBatch.multipliedReportingOverflow(by: batchesPerEpoch).overflow == false
      && slotCount > 0
  }
}

extension ChainConfiguration: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(UInt32(network))
    encoder.append(UInt32(version))
    encoder.append(blocksPerBatch)
    encoder.append(batchesPerEpoch)
    encoder.append(UInt32(slotCount))
    encoder.append(blockIntervalMilliseconds)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let offset = decoder.offset
    self.init(
      network: try decoder.uint16(), version: try decoder.uint16(),
      blocksPerBatch: try decoder.uint32(), batchesPerEpoch: try decoder.uint32(),
      slotCount: try decoder.uint16(), blockIntervalMilliseconds: try decoder.uint64())
    if !isValid { throw .invalidValue("chain configuration is out of range", at: offset) }
  }
}
