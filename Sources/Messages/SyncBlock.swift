import Ledger
import Primitives

/// What the queues need to know of a block; the cores work over any type that says so.
public protocol SyncBlock: Sendable {
  /// Hash of the header.
  var hash: Hash256 { get }
  /// Height.
  var number: UInt32 { get }
  /// Hash of the block before it.
  var parentHash: Hash256 { get }
  /// True if it carries its body.
  var hasBody: Bool { get }
  /// True for macro and election blocks.
  var isMacro: Bool { get }
  /// Commitment of the header to the block's trie diff.
  var diffRoot: Hash256 { get }
  /// Bytes of memory that it takes.
  var memoryBytes: Int { get }
}

extension Block: SyncBlock {
  public var isMacro: Bool { kind.isMacro }
}
