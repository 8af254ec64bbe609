import Primitives

/// Names a block.
public struct BlockID: Sendable, Hashable, CustomStringConvertible {
  public var number: UInt32
  public var hash: Hash256

  public init(number: UInt32, hash: Hash256) {
    self.number = number
    self.hash = hash
  }

  public var description: String { "\(number):\(hash.short)" }
}
