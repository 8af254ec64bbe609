/// Why a transaction makes its block invalid. A struct over a private enum, so that cases can be
/// added.
public struct TransactionFault: Error, Sendable, Hashable, CustomStringConvertible {
  private enum Kind: String {
    case wrongNetwork = "wrong_network"
    case signatureInvalid = "signature_invalid"
    case zeroAmount = "zero_amount"
    case dataTooLong = "data_too_long"
    case unknownSender = "unknown_sender"
    case wrongNonce = "wrong_nonce"
    case insufficientBalance = "insufficient_balance"
    case overflow = "overflow"
    case malformedAccount = "malformed_account"
    case diffTooLarge = "diff_too_large"
  }
  private let kind: Kind

  /// It is meant for another chain.
  public static let wrongNetwork = TransactionFault(kind: .wrongNetwork)
  /// The sender did not sign it.
  public static let signatureInvalid = TransactionFault(kind: .signatureInvalid)
  /// It transfers nothing.
  public static let zeroAmount = TransactionFault(kind: .zeroAmount)
  /// Its data is longer than `LedgerLimits.dataBytesMax`.
  public static let dataTooLong = TransactionFault(kind: .dataTooLong)
  /// The sender has no account.
  public static let unknownSender = TransactionFault(kind: .unknownSender)
  /// Its nonce is not the account's: replayed, or out of order.
  public static let wrongNonce = TransactionFault(kind: .wrongNonce)
  /// The balance does not cover amount and fee.
  public static let insufficientBalance = TransactionFault(kind: .insufficientBalance)
  /// A sum does not fit 64 bits.
  public static let overflow = TransactionFault(kind: .overflow)
  /// The state holds something else than an account at an address.
  public static let malformedAccount = TransactionFault(kind: .malformedAccount)
  /// The block changes more than `LedgerLimits.diffBytesMax` bytes of state.
  public static let diffTooLarge = TransactionFault(kind: .diffTooLarge)

  /// Stable snake_case name of the case.
  public var reason: String { kind.rawValue }
  public var description: String { reason }
}
