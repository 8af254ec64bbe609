import EventLog
import Ledger
import LiveSync
import Node
import Primitives
import StateTrie

/// What a node is held to that joins together with the one that a run is about: a value that takes
/// its events one after another and names the first rule that breaks.
///
/// S1 to S3 where its state is complete or on another branch, and for a part of it in turn at each
/// final block; S7 to S10 at each event.
package struct CompanionCheck {
  private let freshRules: EventRules
  private var rules: EventRules
  /// Whether a block is one of the chain's, on whatever branch.
  private let hasMade: (Hash256) -> Bool
  /// The oracle's accounts after a block, if it still has them.
  private let model: (Hash256) -> AccountModel?
  private var isComplete = false
  /// Final blocks at which a part of the state was compared.
  private var turn = 0

  /// - Parameter rules: those for a node that begins with nothing.
  package init(
    rules: EventRules, hasMade: @escaping (Hash256) -> Bool,
    model: @escaping (Hash256) -> AccountModel?
  ) {
    freshRules = rules
    self.rules = rules
    self.hasMade = hasMade
    self.model = model
  }

  /// Requests of it that have not ended.
  package var openRequestCount: Int { rules.openRequestCount }

  /// It begins a life; what it had begun before does not end.
  package mutating func begin(isComplete: Bool) {
    rules = freshRules
    rules.begin(isComplete: isComplete)
    self.isComplete = isComplete
  }

  /// The rule that `event`, which belongs to `request`, breaks; nil if none.
  package mutating func take(
    _ event: WatchedEvent, request: UInt64?, of chain: Blockchain
  ) -> CheckViolation? {
    let isExempt = StateCheck.isOfMadeUpHead(event, hasMade)
    return (isExempt ? nil : rules.take(event, request: request)) ?? broken(after: event, chain)
  }

  /// S11: what it finds in its store is the state of a block that was made.
  package func restarted(with chain: Blockchain) -> CheckViolation? {
    guard chain.headNumber == 0 || hasMade(chain.headHash) else {
      return CheckViolation(
        check: "S11", detail: "the store has block \(chain.headNumber), which nobody made")
    }
    return compare(chain, StateCheck.parts).map {
      CheckViolation(
        check: "S11", detail: "after the restart: \($0.check): \($0.detail)", keyPath: $0.keyPath)
    }
  }

  private mutating func broken(after event: WatchedEvent, _ chain: Blockchain) -> CheckViolation? {
    let parts = StateCheck.parts
    switch event.group {
    case .state(.complete(let number, let hash, _)):
      isComplete = true
      return unmade(number, hash) ?? compare(chain, parts)
    case .state(.incomplete):
      isComplete = false
      return nil
    case .chain(.finalized(let number, let hash)), .chain(.epochFinalized(let number, let hash)):
      turn += 1
      return unmade(number, hash) ?? compare(chain, [parts[turn % parts.count]])
    case .chain(let event):
      let unmade = isComplete ? StateCheck.adoption(event, by: chain, hasMade) : nil
      guard case .rebranched = event else { return unmade }
      return unmade ?? compare(chain, parts)
    default:
      return nil
    }
  }

  private func unmade(_ number: UInt32, _ hash: Hash256) -> CheckViolation? {
    hasMade(hash)
      ? nil : CheckViolation(check: "S3", detail: "block \(number) \(hash.short) was never made")
  }

  private func compare(_ chain: Blockchain, _ ranges: [KeyRange]) -> CheckViolation? {
    model(chain.headHash).flatMap { StateCheck.compare(chain, with: $0, in: ranges) }
  }
}
