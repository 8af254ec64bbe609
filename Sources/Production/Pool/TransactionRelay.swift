import EventLog
import Ledger
import LiveSync
import Locking
import Networking
import Node
import Peers
import Primitives
import Runtime

extension Topic {
  /// Transactions that wait for a block, each in wire form. Not part of the reference's protocol,
  /// so its number is above those.
  public static let transaction = Topic(
    901, name: "transaction", payloadBytesMax: ProductionLimits.transactionBytesMax)
}

/// Why a transaction is not taken. A struct over a private enum, so that cases can be added.
public struct TransactionRefusal: Error, Sendable, Hashable, CustomStringConvertible {
  private enum Kind: Hashable {
    case undecodable(String)
    case fault(TransactionFault)
    case pool(TransactionPool.Refusal)
    case incompleteState
  }

  private let kind: Kind

  /// The bytes are no transaction.
  static func undecodable(_ error: WireError) -> TransactionRefusal {
    .init(kind: .undecodable(error.description))
  }
  /// It is invalid whatever the state: an honest node would not have passed it on.
  static func fault(_ fault: TransactionFault) -> TransactionRefusal { .init(kind: .fault(fault)) }
  /// It cannot wait here now.
  static func pool(_ refusal: TransactionPool.Refusal) -> TransactionRefusal {
    .init(kind: .pool(refusal))
  }
  /// This node does not know the account of its sender yet.
  public static let incompleteState = TransactionRefusal(kind: .incompleteState)

  /// True if nobody honest passes it on.
  public var isInvalid: Bool {
    switch kind {
    case .undecodable, .fault: true
    case .pool, .incompleteState: false
    }
  }

  /// Stable snake_case name.
  public var reason: String {
    switch kind {
    case .undecodable: "undecodable_transaction"
    case .fault(let fault): "transaction_" + fault.reason
    case .pool(let refusal): "transaction_" + refusal.rawValue
    case .incompleteState: "incomplete_state"
    }
  }

  public var description: String {
    if case .undecodable(let error) = kind { "\(reason): \(error)" } else { reason }
  }
}

/// Takes transactions from outside and from other nodes, keeps them until a block has them, and
/// passes them on. The shell over `TransactionPool`.
///
/// What is invalid whatever the state is not passed on, and the neighbour that sent it is banned.
/// What cannot be executed at this head is not passed on either, and nobody is blamed. A node whose
/// state is incomplete takes nothing, since it cannot tell who can pay.
public final class TransactionRelay: NodeService {
  private let context: SyncContext
  private let pool: Lock<TransactionPool>
  private var chain: Blockchain { context.chain }

  public init(context: SyncContext, limits: ByteLimits = ProductionLimits.poolBytes) {
    self.context = context.actor("transactions")
    pool = Lock(TransactionPool(limits: limits))
  }

  /// Transactions that wait, and the bytes charged for them.
  public var waiting: (count: Int, bytes: Int) { pool.withLock { ($0.count, $0.bytes) } }

  /// Works until the task is cancelled.
  public func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.readGossip() }
      group.addTask { await self.followChain() }
    }
  }

  /// Takes a transaction that somebody hands in, in wire form, and passes it on.
  public func submit(wireBytes: [UInt8]) async throws(TransactionRefusal) -> Transaction {
    let transaction = try Self.decode(wireBytes)
    try await submit(transaction)
    return transaction
  }

  /// Takes a transaction that somebody hands in, and passes it on.
  public func submit(_ transaction: Transaction) async throws(TransactionRefusal) {
    try take(transaction)
    await context.network.publish(.transaction, transaction.wireBytes)
  }

  /// What the next block may have.
  func next() -> [Transaction] { pool.withLock { $0.next() } }

  /// Takes out a transaction that could not be executed.
  func drop(_ transaction: Transaction) { pool.withLock { $0.remove(transaction) } }

  private static func decode(_ bytes: [UInt8]) throws(TransactionRefusal) -> Transaction {
    do throws(WireError) { return try Transaction(wireBytes: bytes) } catch {
      throw .undecodable(error)
    }
  }

  private func take(_ transaction: Transaction) throws(TransactionRefusal) {
    do throws(TransactionFault) { try chain.check(transaction) } catch { throw .fault(error) }
    guard chain.stateComplete else { throw .incompleteState }
    let account = read(Address(of: transaction.sender))
    do throws(TransactionPool.Refusal) {
      let lost = try pool.withLock { (pool) throws(TransactionPool.Refusal) in
        try pool.add(transaction, account: account)
      }
      if !lost.isEmpty { noteFull() }
    } catch {
      if error == .full { noteFull() }
      throw .pool(error)
    }
  }

  private func noteFull() {
    context.overflow("transactions", limit: ProductionLimits.poolBytes.total)
  }

  private func read(_ address: Address) -> Account? {
    if case .present(let account) = chain.account(address) { account } else { nil }
  }

  private func readGossip() async {
    for await message in context.network.subscribe(.transaction) {
      do throws(TransactionRefusal) {
        try take(try Self.decode(message.payload))
        context.network.report(message.id, .accept)
      } catch {
        guard error.isInvalid else {
          context.network.report(message.id, .ignore)
          continue
        }
        context.network.report(message.id, .reject)
        context.ban(message.from, reason: error.reason)
      }
    }
  }

  private func followChain() async {
    while !Task.isCancelled {
      let events = chain.events()
      pool.withLock { $0.refreshAll(read) }
      for await event in events { follow(event) }
    }
  }

  private func follow(_ event: ChainEvent) {
    switch event {
    case .extended(let hash), .finalized(let hash), .epochFinalized(let hash):
      let taken = transactions(of: [hash])
      guard !taken.isEmpty else { return }
      pool.withLock { _ = $0.headChanged(taken: taken, read: read) }
    case .rebranched(let reverted, let adopted):
      let taken = transactions(of: adopted.map(\.hash))
      let lost = transactions(of: reverted.reversed().map(\.hash))
      let count = pool.withLock { $0.headChanged(taken: taken, reverted: lost, read: read) }
      if count > 0 {
        context.recorder.record(
          .producer(.returned(block: chain.headNumber, transactions: count)))
      }
    case .historyAdopted, .stateGivenUp: pool.withLock { $0.refreshAll(read) }
    case .stored: return
    }
  }

  private func transactions(of blocks: [Hash256]) -> [Transaction] {
    blocks.flatMap { chain.block($0)?.body?.transactions ?? [] }
  }
}
