import Primitives

/// First byte of every signed message, so that no signature can be used for something else.
enum SigningDomain: UInt8 {
  /// A transaction, by its sender.
  case transaction = 1
  /// The hash of a micro block, by its producer.
  case microBlock = 2
  /// The parent's seed, by a micro block's producer.
  case seed = 3
  /// The hash of a skip, macro or election block, by a validator.
  case quorum = 4

  func message(_ hash: Hash256) -> [UInt8] { [rawValue] + hash.bytes }
}
