import Ledger
import Networking
import Primitives

/// A request for blocks between what we have and a target.
public struct MissingBlocksQuery: Sendable, Hashable {
  /// Names the request within its queue.
  public var id: UInt64
  /// The block that is wanted.
  public var target: Hash256
  /// Height of the target.
  public var targetNumber: UInt32
  /// Blocks the answer may start after, newest first.
  public var locators: [Hash256]
  public var direction: MissingBlocksDirection
  /// True if the blocks are wanted with their bodies.
  public var includeBody: Bool
  /// The peer that told us of the target: asked first.
  public var firstPeer: PeerID?

  public init(
    id: UInt64, target: Hash256, targetNumber: UInt32, locators: [Hash256],
    direction: MissingBlocksDirection, includeBody: Bool, firstPeer: PeerID?
  ) {
    self.id = id
    self.target = target
    self.targetNumber = targetNumber
    self.locators = locators
    self.direction = direction
    self.includeBody = includeBody
    self.firstPeer = firstPeer
  }
}
