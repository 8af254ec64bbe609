/// Why bytes are no record of this connection. It cannot go on then.
public enum RecordError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The record announces `bytes` bytes: fewer than one byte and its tag take.
  case tooShort(bytes: Int, needed: Int)
  /// The plaintext to be sealed has `bytes` bytes.
  case tooLong(bytes: Int, limit: Int)
  /// The record with this number, from 0, was changed, repeated, lost or made by somebody else.
  case decryptFailed(record: UInt64)
  /// All nonces are used up.
  case nonceExhausted

  public var description: String {
    switch self {
    case .tooShort(let bytes, let needed): "a record of \(bytes) bytes, \(needed) are the fewest"
    case .tooLong(let bytes, let limit): "\(bytes) bytes are above the limit of \(limit)"
    case .decryptFailed(let record): "record \(record) cannot be decrypted"
    case .nonceExhausted: "the nonces of the connection are used up"
    }
  }
}
