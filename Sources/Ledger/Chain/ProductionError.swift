import Primitives

/// Why a block cannot be made. A struct over a private enum, so that cases can be added.
public struct ProductionError: Error, Sendable, Equatable, CustomStringConvertible {
  private enum Kind: Equatable {
    case unknownParent(Hash256)
    case wrongHeight(UInt32)
    case unexpectedTransactions
    case noKey(PublicKey)
    case noQuorum(slots: Int)
    case rejected(PushError)
  }
  private let kind: Kind

  /// The parent is not stored, or is below the last macro block.
  public static func unknownParent(_ hash: Hash256) -> ProductionError {
    .init(kind: .unknownParent(hash))
  }
  /// The kind of block does not belong at this height, or there is none after it.
  public static func wrongHeight(_ number: UInt32) -> ProductionError {
    .init(kind: .wrongHeight(number))
  }
  /// Transactions were given for a block that may not have any.
  public static let unexpectedTransactions = ProductionError(kind: .unexpectedTransactions)
  /// The producer's key pair is not among those given.
  public static func noKey(_ key: PublicKey) -> ProductionError { .init(kind: .noKey(key)) }
  /// The key pairs hold only so many slots, which is no quorum.
  public static func noQuorum(slots: Int) -> ProductionError {
    .init(kind: .noQuorum(slots: slots))
  }
  /// The state is incomplete, or a transaction is invalid: then nothing is left out silently.
  public static func rejected(_ error: PushError) -> ProductionError {
    .init(kind: .rejected(error))
  }

  /// The invalid transaction and what is wrong with it, if that is the reason.
  public var transaction: (index: Int, fault: TransactionFault)? {
    guard case .rejected(let error) = kind, case .accounts(let index, let fault) = error.kind else {
      return nil
    }
    return (index, fault)
  }

  public var description: String {
    switch kind {
    case .unknownParent(let hash): "block \(hash.short) cannot be built on"
    case .wrongHeight(let number): "no such block at height \(number)"
    case .unexpectedTransactions: "only micro blocks have transactions"
    case .noKey(let key): "no key pair of producer \(key)"
    case .noQuorum(let slots): "the key pairs hold only \(slots) slots"
    case .rejected(let error): error.description
    }
  }
}
