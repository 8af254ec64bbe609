import Primitives
import StateTrie

/// The changes of the accounts touched by one block, on top of a state that is only read.
package struct Execution {
  /// Why it stopped.
  package enum Failure: Error, Equatable {
    case transaction(index: Int, TransactionFault)
    /// An account lies in a missing range.
    case incomplete
    case storage(LedgerStoreError)
  }

  /// A value of the state that was looked at; nil if there was no account.
  struct Read {
    let address: Address
    let value: [UInt8]?
  }

  private struct Touched {
    /// The stored value before the block; nil if there was no account.
    let old: [UInt8]?
    /// The account now; nil if there is none.
    var account: Account?
  }

  private let trie: StateTrie
  private let number: UInt32
  private var touched: [Address: Touched] = [:]
  private var reads: [Read] = []

  private init(on trie: StateTrie, number: UInt32) {
    self.trie = trie
    self.number = number
  }

  /// The diff that transactions make, the fees of which go to the producer after the last of them,
  /// and all values of the state that it follows from, in the order in which they were read.
  /// Changes nothing.
  static func run(
    _ question: ExecutedBlocks.Question, on trie: StateTrie
  ) throws(Failure) -> (diff: TrieDiff, reads: [Read]) {
    let transactions = question.transactions
    var execution = Execution(on: trie, number: question.number)
    var fees: UInt64 = 0
    for (index, transaction) in transactions.enumerated() {
      let (sum, overflow) = fees.addingReportingOverflow(transaction.fee)
      if overflow { throw .transaction(index: index, .overflow) }
      fees = sum
      try execution.apply(transaction, index: index)
    }
    if fees > 0 { try execution.credit(question.producer, fees, index: transactions.count) }
    return (try execution.finish(index: transactions.count), execution.reads)
  }

  private mutating func apply(_ transaction: Transaction, index: Int) throws(Failure) {
    let sender = Address(of: transaction.sender)
    guard var account = try read(sender, index: index) else {
      throw .transaction(index: index, .unknownSender)
    }
    guard transaction.nonce == account.nonce else {
      throw .transaction(index: index, .wrongNonce)
    }
    account.nonce += 1
    try debit(&account, transaction.fee, index: index)
    switch transaction.action {
    case .setData(let data):
      account.data = data
      write(sender, account)
    case .transfer(let recipient, let amount):
      try debit(&account, amount, index: index)
      if recipient == sender {
        // Never empty in between: the account must not be created anew.
        account.balance += amount
        write(sender, account)
      } else {
        write(sender, account)
        try credit(recipient, amount, index: index)
      }
    }
  }

  private func debit(_ account: inout Account, _ amount: UInt64, index: Int) throws(Failure) {
    guard account.balance >= amount else {
      throw .transaction(index: index, .insufficientBalance)
    }
    account.balance -= amount
  }

  private mutating func credit(
    _ address: Address, _ amount: UInt64, index: Int
  ) throws(Failure) {
    var account =
      try read(address, index: index)
      ?? Account(balance: 0, nonce: Account.firstNonce(number: number, index: index))
    let (sum, overflow) = account.balance.addingReportingOverflow(amount)
    if overflow { throw .transaction(index: index, .overflow) }
    account.balance = sum
    write(address, account)
  }

  private mutating func read(_ address: Address, index: Int) throws(Failure) -> Account? {
    if let known = touched[address] { return known.account }
    var entry: Touched
    let found: TrieLookup
    do throws(TrieError) { found = try trie.lookup(address.key) } catch {
      throw .storage(LedgerStoreError(error))
    }
    switch found {
    case .missing: throw .incomplete
    case .absent: entry = Touched(old: nil, account: nil)
    case .present(let value):
      guard let account = try? Account(wireBytes: value) else {
        throw .transaction(index: index, .malformedAccount)
      }
      entry = Touched(old: value, account: account)
    }
    touched[address] = entry
    reads.append(Read(address: address, value: entry.old))
    return entry.account
  }

  /// `address` must have been read before.
  private mutating func write(_ address: Address, _ account: Account) {
    touched[address]?.account = account.isEmpty ? nil : account
  }

  private func finish(index: Int) throws(Failure) -> TrieDiff {
    var entries: [TrieDiff.Entry] = []
    for (address, entry) in touched.sorted(by: { $0.key < $1.key }) {
      let new = entry.account?.wireBytes
      if entry.old == new { continue }
      entries.append(.init(key: address.key, old: entry.old, new: new))
    }
    do {
      let diff = try TrieDiff(entries: entries)
      if diff.valueBytes <= LedgerLimits.diffBytesMax { return diff }
    } catch {
      preconditionFailure("sorted changes of accounts make no diff: \(error)")
    }
    throw .transaction(index: index, .diffTooLarge)
  }
}

extension TrieDiff {
  /// Bytes of all old and new values.
  var valueBytes: Int {
    entries.reduce(0) { $0 + ($1.old?.count ?? 0) + ($1.new?.count ?? 0) }
  }
}
