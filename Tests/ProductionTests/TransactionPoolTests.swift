import Ledger
import Primitives
import Production
import TestSupport
import Testing

@Suite struct TransactionPoolTests {
  private static let users = (0..<8).map { KeyPair(seed: Blake2b256.hash([6, $0])) }

  private static func address(_ user: Int) -> Address { Address(of: users[user].publicKey) }

  /// Signatures are checked before a pool sees anything.
  private static func transfer(
    _ user: Int, nonce: UInt64, fee: UInt64 = 1, amount: UInt64 = 1, to other: Int? = nil
  ) -> Transaction {
    Transaction(
      network: 1, sender: users[user].publicKey, nonce: nonce, fee: fee,
      action: .transfer(to: address(other ?? (user + 1) % users.count), amount: amount))
  }

  private static func data(_ user: Int, nonce: UInt64, bytes: Int, fee: UInt64 = 1) -> Transaction {
    Transaction(
      network: 1, sender: users[user].publicKey, nonce: nonce, fee: fee,
      action: .setData([UInt8](repeating: 1, count: bytes)))
  }

  private static func refusal(
    _ pool: inout TransactionPool, _ transaction: Transaction, _ account: Account?
  ) -> TransactionPool.Refusal? {
    do throws(TransactionPool.Refusal) {
      _ = try pool.add(transaction, account: account)
      return nil
    } catch { return error }
  }

  private static func cost(_ transaction: Transaction) -> UInt64 {
    if case .transfer(_, let amount) = transaction.action {
      transaction.fee + amount
    } else {
      transaction.fee
    }
  }

  /// A list of what waits, and the accounts: the rules in their plainest form.
  private struct Model {
    var accounts: [Address: Account] = [:]
    var waiting: [Transaction] = []

    func refusal(of transaction: Transaction) -> TransactionPool.Refusal? {
      guard let account = accounts[Address(of: transaction.sender)] else { return .noAccount }
      if transaction.nonce < account.nonce { return .stale }
      if transaction.nonce >= account.nonce + UInt64(ProductionLimits.pooledPerSenderMax) {
        return .tooFarAhead
      }
      let own = waiting.filter { $0.sender == transaction.sender }
      if let other = own.first(where: { $0.nonce == transaction.nonce }) {
        if other == transaction { return .known }
        let share = ProductionLimits.replacementShare
        if transaction.fee < other.fee + max(1, other.fee / share) { return .underpriced }
      }
      let before = own.filter { $0.nonce < transaction.nonce }
      let sum = before.reduce(cost(transaction)) { $0 + cost($1) }
      return sum > account.balance ? .insufficientBalance : nil
    }

    mutating func add(_ transaction: Transaction) -> TransactionPool.Refusal? {
      let refusal = refusal(of: transaction)
      if refusal == .noAccount { waiting.removeAll { $0.sender == transaction.sender } }
      if refusal != nil { return refusal }
      waiting.removeAll { $0.sender == transaction.sender && $0.nonce == transaction.nonce }
      waiting.append(transaction)
      return nil
    }

    /// Executes a block, and forgets what cannot come any more.
    mutating func take(_ block: [Transaction]) {
      for transaction in block {
        let sender = Address(of: transaction.sender)
        guard var account = accounts[sender], account.nonce == transaction.nonce,
          account.balance >= cost(transaction)
        else {
          Issue.record("a block has a transaction that cannot be executed")
          return
        }
        account.nonce += 1
        account.balance -= cost(transaction)
        accounts[sender] = account.isEmpty ? nil : account
        if case .transfer(let other, let amount) = transaction.action {
          accounts[other, default: Account(balance: 0, nonce: 1 << 20)].balance += amount
        }
      }
      forget()
    }

    mutating func forget() {
      waiting.removeAll { transaction in
        guard let account = accounts[Address(of: transaction.sender)] else { return true }
        return transaction.nonce < account.nonce
      }
    }
  }

  @Test func pool_shouldDoWhatThePlainModelDoes_overBlocksAndRebranches() {
    for seed in 0..<Campaign.seeds("LIVESYNC_POOL_SEEDS", default: 60) {
      var generator = SeededGenerator(seed: seed)
      var pool = TransactionPool()
      var model = Model()
      for user in 0..<5 {
        model.accounts[Self.address(user)] = Account(balance: UInt64(generator.below(400)) + 1)
      }
      var past: (accounts: [Address: Account], block: [Transaction])?
      for _ in 0..<200 {
        switch generator.below(10) {
        case 0:
          let block = pool.next(count: generator.below(12))
          past = (model.accounts, block)
          model.take(block)
          pool.headChanged(taken: block) { model.accounts[$0] }
        case 1:
          // The last block is reverted, and nothing takes its place.
          guard let (accounts, block) = past else { continue }
          past = nil
          model.accounts = accounts
          model.forget()
          let expected = block.count { model.add($0) == nil }
          let count = pool.headChanged(taken: [], reverted: block) { model.accounts[$0] }
          #expect(count == expected, "seed \(seed)")
        default:
          let user = generator.below(6)
          let nonce = model.accounts[Self.address(user)]?.nonce ?? 0
          let transaction = Self.transfer(
            user, nonce: nonce &+ UInt64(generator.below(5)) &- UInt64(nonce > 0 ? 1 : 0),
            fee: UInt64(generator.below(30)), amount: UInt64(1 + generator.below(60)),
            to: generator.below(8))
          let account = model.accounts[Self.address(user)]
          let refusal = Self.refusal(&pool, transaction, account)
          #expect(refusal == model.add(transaction), "seed \(seed)")
        }
        #expect(pool.count == model.waiting.count, "seed \(seed)")
        #expect(
          pool.bytes == pool.count * ProductionLimits.pooledBytesMin, "seed \(seed)")
      }
      // All that is offered can be executed, and the best comes first.
      let all = pool.next()
      #expect(Set(all).isSubset(of: model.waiting), "seed \(seed)")
      model.take(all)
    }
  }

  @Test func block_shouldHaveWhatPaysMost_eachSenderInOrder() throws {
    var pool = TransactionPool()
    let account = Account(balance: 1_000)
    for (user, nonce, fee) in [(0, 0, 5), (0, 1, 90), (1, 0, 40), (1, 2, 99), (2, 0, 6)] {
      _ = try pool.add(
        Self.transfer(user, nonce: UInt64(nonce), fee: UInt64(fee)), account: account)
    }
    #expect(pool.count == 5)
    #expect(pool.next().map(\.fee) == [40, 6, 5, 90], "a gap holds up what follows")
    #expect(pool.next(count: 2).map(\.fee) == [40, 6])
    // What empties its account is the sender's last: a new account has other nonces.
    _ = try pool.add(Self.transfer(3, nonce: 0, amount: 9), account: Account(balance: 10))
    _ = try pool.add(Self.data(3, nonce: 1, bytes: 0, fee: 0), account: Account(balance: 10))
    #expect(pool.next().count { $0.sender == Self.users[3].publicKey } == 1)
  }

  @Test func transaction_shouldReplaceAnother_forAHigherFeeOnly() throws {
    var pool = TransactionPool()
    let account = Account(balance: 10_000)
    let share = ProductionLimits.replacementShare
    _ = try pool.add(Self.transfer(0, nonce: 0, fee: 100), account: account)
    let almost = Self.transfer(0, nonce: 0, fee: 100 + 100 / share - 1)
    #expect(Self.refusal(&pool, almost, account) == .underpriced)
    _ = try pool.add(Self.transfer(0, nonce: 0, fee: 100 + 100 / share), account: account)
    #expect(pool.count == 1 && pool.next().map(\.fee) == [100 + 100 / share])
    let dear = Self.transfer(0, nonce: 0, fee: .max - 5)
    #expect(Self.refusal(&pool, dear, account) == .insufficientBalance)
    #expect(Self.refusal(&pool, pool.next()[0], account) == .known)
  }

  @Test func sender_shouldHaveSoManyTransactionsAtMost() throws {
    var pool = TransactionPool()
    let account = Account(balance: 10_000, nonce: 7)
    let most = ProductionLimits.pooledPerSenderMax
    for index in 0..<most {
      _ = try pool.add(Self.transfer(0, nonce: 7 + UInt64(index)), account: account)
    }
    let next = Self.transfer(0, nonce: 7 + UInt64(most))
    #expect(Self.refusal(&pool, next, account) == .tooFarAhead)
    #expect(pool.count == most && pool.next().count == most)
  }

  @Test func pool_shouldStayBelowItsBytes_whoeverFillsIt() throws {
    #expect(ProductionLimits.poolBytes.total >= 2 * ProductionLimits.poolBytes.perHolder)
    #expect(ProductionLimits.poolBytes.perHolder >= ProductionLimits.transactionBytesMax)
    #expect(
      ProductionLimits.poolBytes.total / ProductionLimits.pooledBytesMin == 16_384)
    let limits = ByteLimits(
      total: 20 * ProductionLimits.pooledBytesMin, perHolder: 12 * ProductionLimits.pooledBytesMin)
    var added = 0
    var lost = 0
    for seed in 0..<UInt64(20) {
      var generator = SeededGenerator(seed: seed)
      var pool = TransactionPool(limits: limits)
      let account = Account(balance: 1_000_000)
      for _ in 0..<300 {
        let user = generator.below(generator.chance(50) ? 1 : 8)
        let transaction = Self.data(
          user, nonce: UInt64(generator.below(20)), bytes: generator.below(2_000),
          fee: UInt64(generator.below(50)))
        let before = pool.count
        if let gone = try? pool.add(transaction, account: account) {
          added += 1
          lost += gone.count
          #expect(pool.count <= before + 1 - gone.count, "seed \(seed)")
        } else {
          #expect(pool.count == before, "seed \(seed)")
        }
        #expect(pool.bytes <= limits.total, "seed \(seed)")
        #expect(pool.count <= 20, "seed \(seed)")
      }
      // Whoever has little has room beside somebody who has filled everything.
      var full = TransactionPool(limits: limits)
      for nonce in UInt64(0)..<64 {
        _ = try? full.add(Self.transfer(0, nonce: nonce), account: account)
        _ = try? full.add(Self.transfer(1, nonce: nonce), account: account)
      }
      #expect(full.bytes == limits.total)
      #expect(Self.refusal(&full, Self.transfer(2, nonce: 0), account) == nil)
      #expect(full.bytes == limits.total)
    }
    #expect(added > 300 && lost > 20, "\(added) added, \(lost) gave way")
  }

  @Test func block_shouldTakeSoManyBytesAtMost() throws {
    var pool = TransactionPool()
    for user in 0..<8 {
      for nonce in UInt64(0)..<4 {
        _ = try pool.add(
          Self.data(user, nonce: nonce, bytes: LedgerLimits.dataBytesMax - 1_000),
          account: Account(balance: 100))
      }
    }
    let block = pool.next()
    let bytes = block.reduce(0) { $0 + $1.wireBytes.count }
    #expect(bytes <= ProductionLimits.pooledBlockBytesMax)
    #expect(bytes > ProductionLimits.pooledBlockBytesMax - LedgerLimits.dataBytesMax)
    #expect(block.count < pool.count)
  }
}
