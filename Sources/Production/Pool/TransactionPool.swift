import Ledger
import Primitives

/// The transactions that wait for a block. A value: it is told what comes, what the accounts are
/// and what the chain took, and says what a block may have.
///
/// Each sender's transactions are in the order of their nonces. What is taken in has been checked
/// for all that does not depend on the state (`Blockchain.check(_:)`), and is charged to its sender
/// in bytes; if there is no room, the last ones of the sender with most give way.
public struct TransactionPool: Sendable {
  /// Why a transaction is not taken in. None of it is the fault of who passed it on: it depends on
  /// the head and on what else waits.
  public enum Refusal: String, Error, Sendable, Hashable, CaseIterable {
    /// It waits already.
    case known
    /// There is no account of its sender.
    case noAccount = "no_account"
    /// A transaction with its nonce was taken.
    case stale
    /// Too many others of its sender would have to come before it.
    case tooFarAhead = "too_far_ahead"
    /// Another one with its nonce waits, whose fee is not much smaller.
    case underpriced
    /// The account cannot pay for it and those before it.
    case insufficientBalance = "insufficient_balance"
    /// There is no room.
    case full
  }

  fileprivate struct Entry: Sendable {
    let transaction: Transaction
    let id: Hash256
    /// Bytes on the wire.
    let bytes: Int

    /// Bytes charged for it in memory.
    var charge: Int { max(bytes, ProductionLimits.pooledBytesMin) }

    init(_ transaction: Transaction) {
      let wire = transaction.wireBytes
      self.transaction = transaction
      id = Blake2b256.hash(wire)
      bytes = wire.count
    }
  }

  fileprivate struct Sender: Sendable {
    /// As it is at the head.
    var account: Account
    /// In the order of their nonces.
    var entries: [Entry] = []

    /// Where the entry with this nonce is, or would be.
    func place(of nonce: UInt64) -> Int {
      entries.firstIndex { $0.transaction.nonce >= nonce } ?? entries.count
    }
  }

  private var senders: [Address: Sender] = [:]
  private var budget: ByteBudget<Address>
  /// Transactions that wait.
  public private(set) var count = 0

  public init(limits: ByteLimits = ProductionLimits.poolBytes) {
    budget = ByteBudget(limits)
  }

  /// Bytes charged for what waits.
  public var bytes: Int { budget.total }

  /// Takes a transaction in whose sender has `account` at the head.
  /// - Returns: The transactions that had to give way.
  public mutating func add(
    _ transaction: Transaction, account: Account?
  ) throws(Refusal) -> [Transaction] {
    let address = Address(of: transaction.sender)
    guard let account else {
      removeAll(of: address)
      throw .noAccount
    }
    var sender = senders[address] ?? Sender(account: account)
    sender.account = account.withoutData
    guard transaction.nonce >= account.nonce else { throw .stale }
    guard transaction.nonce - account.nonce < UInt64(ProductionLimits.pooledPerSenderMax) else {
      throw .tooFarAhead
    }
    let entry = Entry(transaction)
    let place = sender.place(of: transaction.nonce)
    var replaced: Entry?
    if place < sender.entries.count,
      sender.entries[place].transaction.nonce == transaction.nonce
    {
      let old = sender.entries[place]
      guard old.id != entry.id else { throw .known }
      let (fee, overflow) = old.transaction.fee.addingReportingOverflow(
        max(1, old.transaction.fee / ProductionLimits.replacementShare))
      guard !overflow, transaction.fee >= fee else { throw .underpriced }
      replaced = old
    }
    let before = sender.entries[..<place].map(\.transaction)
    guard account.canPay(for: before + [transaction]) else { throw .insufficientBalance }
    if let replaced {
      sender.entries.remove(at: place)
      budget.release(replaced.charge, of: address)
      count -= 1
    }
    senders[address] = sender
    guard let lost = makeRoom(for: entry.charge, of: address) else {
      if let replaced { insert(replaced, of: address) }
      if senders[address]?.entries.isEmpty == true { senders[address] = nil }
      throw .full
    }
    insert(entry, of: address)
    return lost
  }

  /// Drops the last ones of those that have most; nil if that brings no room.
  private mutating func makeRoom(for charge: Int, of address: Address) -> [Transaction]? {
    var lost: [Transaction] = []
    while true {
      switch budget.admission(of: charge, for: address) {
      case .fits: return lost
      case .refused: return nil
      case .makeRoom(let holder):
        guard let last = senders[holder]?.entries.last else { return nil }
        remove(last, of: holder)
        lost.append(last.transaction)
      }
    }
  }

  private mutating func insert(_ entry: Entry, of address: Address) {
    guard let place = senders[address]?.place(of: entry.transaction.nonce) else { return }
    senders[address]?.entries.insert(entry, at: place)
    budget.charge(entry.charge, to: address)
    count += 1
  }

  private mutating func remove(_ entry: Entry, of address: Address) {
    guard let place = senders[address]?.entries.firstIndex(where: { $0.id == entry.id }) else {
      return
    }
    senders[address]?.entries.remove(at: place)
    budget.release(entry.charge, of: address)
    count -= 1
    if senders[address]?.entries.isEmpty == true { senders[address] = nil }
  }

  private mutating func removeAll(of address: Address) {
    for entry in senders[address]?.entries ?? [] { remove(entry, of: address) }
  }

  /// Takes a transaction out, if it waits.
  public mutating func remove(_ transaction: Transaction) {
    remove(Entry(transaction), of: Address(of: transaction.sender))
  }
}

extension TransactionPool {
  /// What the next block may have, at most so many transactions and bytes on the wire: those that
  /// pay most for each byte, each sender's in the order of their nonces without a gap.
  public func next(
    count limit: Int = LedgerLimits.transactionsPerBlockMax,
    bytes bytesMax: Int = ProductionLimits.pooledBlockBytesMax
  ) -> [Transaction] {
    struct Candidate {
      let rate: UInt64
      let address: Address
      let entry: Entry
    }
    var candidates: [Candidate] = []
    for (address, sender) in senders {
      // One that pays more than those before it cannot come before them.
      var rate = UInt64.max
      for entry in sender.executable {
        rate = min(rate, entry.transaction.feeRate(bytes: entry.bytes))
        candidates.append(.init(rate: rate, address: address, entry: entry))
      }
    }
    candidates.sort { a, b in
      if a.rate != b.rate { return a.rate > b.rate }
      if a.address != b.address { return a.address < b.address }
      return a.entry.transaction.nonce < b.entry.transaction.nonce
    }
    var list: [Transaction] = []
    var bytes = 0
    var full: Set<Address> = []
    for candidate in candidates where !full.contains(candidate.address) {
      guard list.count < limit else { break }
      guard bytes + candidate.entry.bytes <= bytesMax else {
        full.insert(candidate.address)
        continue
      }
      bytes += candidate.entry.bytes
      list.append(candidate.entry.transaction)
    }
    return list
  }

  /// The chain has another head. What was taken leaves, what cannot be executed any more too, and
  /// what was in reverted blocks comes back as far as it is still valid.
  /// - Parameters:
  ///   - taken: transactions of the new blocks.
  ///   - reverted: transactions of the blocks that are not of the chain any more, oldest first.
  ///   - read: the account at the new head; nil if there is none.
  /// - Returns: How many came back.
  @discardableResult
  public mutating func headChanged(
    taken: [Transaction], reverted: [Transaction] = [], read: (Address) -> Account?
  ) -> Int {
    if reverted.isEmpty {
      var touched: Set<Address> = []
      for transaction in taken {
        touched.insert(Address(of: transaction.sender))
        if case .transfer(let recipient, _) = transaction.action { touched.insert(recipient) }
      }
      for address in touched.sorted() { refresh(address, read) }
    } else {
      refreshAll(read)
    }
    var count = 0
    for transaction in reverted {
      let account = read(Address(of: transaction.sender))
      if (try? add(transaction, account: account)) != nil { count += 1 }
    }
    return count
  }

  /// Looks at every sender's account anew.
  public mutating func refreshAll(_ read: (Address) -> Account?) {
    for address in senders.keys.sorted() { refresh(address, read) }
  }

  private mutating func refresh(_ address: Address, _ read: (Address) -> Account?) {
    guard let sender = senders[address] else { return }
    guard let account = read(address) else { return removeAll(of: address) }
    for entry in sender.entries where entry.transaction.nonce < account.nonce {
      remove(entry, of: address)
    }
    senders[address]?.account = account.withoutData
  }
}

extension TransactionPool.Sender {
  /// The entries that can be executed one after another, until one would leave the account empty:
  /// its nonce may then begin anew.
  fileprivate var executable: ArraySlice<TransactionPool.Entry> {
    var nonce = account.nonce
    var balance = account.balance
    var count = 0
    for entry in entries {
      guard entry.transaction.nonce == nonce, let cost = entry.transaction.cost, cost <= balance
      else { break }
      nonce += 1
      balance -= cost
      count += 1
      if balance == 0 { break }
    }
    return entries[..<count]
  }
}

extension Account {
  /// All that a pool needs of an account.
  fileprivate var withoutData: Account { Account(balance: balance, nonce: nonce) }

  /// True if the balance covers all of them together.
  fileprivate func canPay(for transactions: [Transaction]) -> Bool {
    var rest = balance
    for transaction in transactions {
      guard let cost = transaction.cost, cost <= rest else { return false }
      rest -= cost
    }
    return true
  }
}

extension Transaction {
  /// Coins that leave the sender's account at most; nil if they do not fit 64 bits.
  fileprivate var cost: UInt64? {
    guard case .transfer(_, let amount) = action else { return fee }
    let (sum, overflow) = fee.addingReportingOverflow(amount)
    return overflow ? nil : sum
  }

  /// Fee for each byte on the wire, in 1/65,536 coins.
  fileprivate func feeRate(bytes: Int) -> UInt64 {
    let scaled = fee.multipliedReportingOverflow(by: 1 << 16)
    return (scaled.overflow ? .max : scaled.partialValue) / UInt64(max(1, bytes))
  }
}
