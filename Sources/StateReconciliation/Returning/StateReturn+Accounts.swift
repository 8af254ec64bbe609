import Ledger
import Locking
import Networking
import Peers
import Primitives
import StateTrie

/// The accounts of a sketch while they are fetched.
final class AccountSession: Sendable {
  let plan: Lock<AccountPlan>
  /// Bytes of answers so far.
  let bytes = Lock(0)
  /// Bytes that the answer to one query has, about.
  let bytesPerItem: Int

  init(_ plan: AccountPlan, bytesPerItem: Int) {
    self.plan = Lock(plan)
    self.bytesPerItem = bytesPerItem
  }
}

/// What came of fetching the accounts that a sketch names.
enum AccountsOutcome: Sendable {
  /// All are there.
  case complete
  /// Too many accounts share the digits by which one is asked for. Nobody is to blame.
  case crowded
  /// Nobody gives what the names say.
  case differing
  /// Nobody answers any more.
  case unanswered
}

/// The accounts that a sketch names, from many peers at a time: whoever has the state can give
/// them, and the names tell whether they are right.
extension StateReturn {
  /// Fetches all of them.
  func fetch(_ accounts: AccountSession, _ target: Target) async -> AccountsOutcome {
    var idle = 0
    while true {
      let before = accounts.plan.withLock { $0 }
      if before.isIdle { return .complete }
      let hosts = target.hosts.indices.filter {
        !before.passed.contains($0) && !context.peers.isBanned(target.hosts[$0])
      }
      guard !hosts.isEmpty else {
        if before.isCrowded { return .crowded }
        return before.passed.isEmpty ? .unanswered : .differing
      }
      guard idle < StateReconciliationLimits.idleRoundsMax else { return .unanswered }
      let workers = hosts.count * StateReconciliationLimits.accountRequestsPerPeer
      // Some turns for each, so that who is slow does not keep the others waiting for long.
      let size = min(
        max(
          before.wantedCount / (workers * Self.turns),
          StateReconciliationLimits.accountsPerRequestMin),
        StateReconciliationLimits.accountsPerRequestMax)
      await withDiscardingTaskGroup { group in
        for index in 0..<workers {
          group.addTask { await self.work(accounts, target, hosts[index % hosts.count], size) }
        }
      }
      if Task.isCancelled { return .unanswered }
      let isNearer = accounts.plan.withLock {
        $0.missing < before.missing || $0.passed != before.passed
      }
      idle = isNearer ? 0 : idle + 1
    }
  }

  /// Requests that each worker makes, about, if all are as fast.
  private static let turns = 2

  /// Asks one peer for so many accounts at a time, as long as it answers.
  private func work(
    _ accounts: AccountSession, _ target: Target, _ place: Int, _ size: Int
  ) async {
    let peer = target.hosts[place]
    while !Task.isCancelled, !context.peers.isBanned(peer) {
      let queries = accounts.plan.withLock {
        $0.passed.contains(place) ? [] : $0.next(size)
      }
      guard !queries.isEmpty else { return }
      let request = RequestAccounts(block: target.block.hash, queries: queries)
      let expected = min(
        queries.count * accounts.bytesPerItem, StateReconciliationLimits.accountsAnswerBytesMax)
      guard let answer = await ask(request, peer, expecting: expected),
        case .parts(let parts) = answer.response
      else { return accounts.plan.withLock { $0.giveBack(queries) } }
      accounts.bytes.withLock { $0 += answer.response.wireBytes.count }
      let isGood = accounts.plan.withLock { $0.take(parts, of: queries, from: place) }
      guard isGood else { return }
    }
  }

  /// Bans whose accounts are not those of the state that is ours now, which has the block's root.
  /// Nobody if that cannot be read any more.
  func banLiars(_ accounts: AccountSession, _ target: Target) async {
    let plan = accounts.plan.withLock { $0 }
    guard plan.hasDoubts else { return }
    let liars = await read(target, after: target.block.hash) { (state) throws(LedgerStoreError) in
      try plan.liars { (prefix) throws(LedgerStoreError) in try state.accounts(of: prefix) }
    }
    for place in (liars ?? []).sorted() {
      context.ban(target.hosts[place], reason: "accounts_differ")
    }
  }
}
