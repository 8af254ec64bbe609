import Foundation
import Ledger
import Primitives
import Snapshot
import StateTrie
import Storage
import TestSupport
import Testing

/// A small chain with accounts, and a folder for its snapshots: batches of 4 blocks, epochs of 2
/// batches.
///
/// `@unchecked Sendable`: one task at a time uses it.
final class SnapshotWorld: @unchecked Sendable {
  static let batch: UInt32 = 4

  let folder = TemporaryFolder()
  let genesis: Genesis
  let chain: Blockchain
  let store: (any KeyValueStore)?
  private let producer: BlockProducer
  private let users: [KeyPair]

  /// Where the chain is.
  enum Place: CaseIterable { case memory, memoryStore, disk }

  init(_ place: Place = .memoryStore, accounts: Int = 300, seed: UInt64 = 1) throws {
    var random = SeededGenerator(seed: seed)
    users = (0..<5).map { KeyPair(seed: Blake2b256.hash(Array("user \($0)".utf8))) }
    let validator = KeyPair(seed: Blake2b256.hash(Array("validator".utf8)))
    var entries = users.map {
      GenesisAccount(address: Address(of: $0.publicKey), account: Account(balance: 1_000_000))
    }
    for _ in 0..<accounts {
      entries.append(
        GenesisAccount(
          address: try #require(Address(bytes: random.bytes(20))),
          account: Account(balance: 1 + random.next() % 1_000)))
    }
    genesis = try Genesis(
      configuration: ChainConfiguration(
        blocksPerBatch: Self.batch, batchesPerEpoch: 2, slotCount: 4),
      timestamp: 1_000, accounts: entries,
      validators: try #require(
        ValidatorSet([Validator(publicKey: validator.publicKey, slots: 4)])))
    store =
      switch place {
      case .memory: nil
      case .memoryStore: try MemoryStore(owner: .chain(genesis.hash))
      case .disk: try LMDBStore(path: folder.store, owner: .chain(genesis.hash))
      }
    if let store {
      chain = try Blockchain(genesis: genesis, state: .complete, store: store)
    } else {
      chain = Blockchain(genesis: genesis, state: .complete)
    }
    producer = BlockProducer(chain: chain, keys: [validator])
  }

  var directory: SnapshotDirectory { SnapshotDirectory(path: folder.path + "/snapshots") }

  /// Makes the next block, with a transfer if it can have one.
  @discardableResult
  func grow() throws -> Block {
    let number = chain.headNumber + 1
    var transactions: [Transaction] = []
    if !genesis.configuration.isMacro(at: number) {
      let user = users[Int(number) % users.count]
      var nonce: UInt64 = 0
      if case .present(let account) = chain.account(Address(of: user.publicKey)) {
        nonce = account.nonce
      }
      let target = Address(of: users[Int(number * 7) % users.count].publicKey)
      transactions = [
        .signed(
          by: user, network: genesis.configuration.network, nonce: nonce, fee: 1,
          action: .transfer(to: target, amount: 5))
      ]
    }
    let made = try producer.next(transactions: transactions)
    try chain.push(made.block, diff: made.diff)
    return made.block
  }

  func grow(to number: UInt32) throws {
    while chain.headNumber < number { try grow() }
  }

  /// All accounts of the head.
  var items: [TrieItem] { chain.items() }

  /// Takes a snapshot of the head, which must be a macro block.
  @discardableResult
  func take(_ options: SnapshotOptions = SnapshotOptions()) throws -> SnapshotFiles {
    let reading = try chain.readMacroState { state in
      Result { () throws(SnapshotError) in
        try SnapshotTaking.take(
          state, chain: genesis.hash, into: directory, options: options)
      }
    }
    guard case .read(let result) = reading else { throw Absent(reading: "\(reading)") }
    return try directory.open(SnapshotName(height: try result.get().height))
  }

  struct Absent: Error { let reading: String }
}

extension SnapshotFiles {
  /// What is in all pieces, each checked.
  func items() throws -> [TrieItem] {
    var check = try SnapshotVerification(manifest, place: path)
    var items: [TrieItem] = []
    for piece in 0..<pieceCount {
      items += try check.add(try frame(ofPiece: piece), place: path).items
    }
    try check.finish(place: path)
    return items
  }
}

/// Expects a `SnapshotError` with this reason, and gives its text.
@discardableResult
func expect(
  _ reason: String, _ body: () throws -> some Any,
  sourceLocation: SourceLocation = #_sourceLocation
) -> String {
  do {
    _ = try body()
    Issue.record("\(reason) was not thrown", sourceLocation: sourceLocation)
    return ""
  } catch {
    let found = (error as? SnapshotError)?.reason ?? "\(error)"
    #expect(found == reason, "\(error)", sourceLocation: sourceLocation)
    return "\(error)"
  }
}
