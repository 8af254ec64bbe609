import Daemon
import Ledger
import Primitives
import Production
import StateTrie
import Storage
import Testing

@Suite struct NetworkVerdictTests {
  private static func oracle(_ world: DaemonWorld, root: Hash256?) -> NetworkVerdict.Oracle {
    NetworkVerdict.Oracle(head: 0, transactions: 0, root: root)
  }

  private static func verdict(
    _ chain: Blockchain, _ oracle: NetworkVerdict.Oracle, isComplete: Bool = true
  ) -> NetworkVerdict {
    var verdict = NetworkVerdict(isComplete: isComplete, seconds: 1, oracle: oracle)
    verdict.nodes = [NetworkVerdict.Node(name: "n", chain: chain)]
    return verdict
  }

  @Test func nodesWithTheOraclesState_shouldPass_andOthersNot() throws {
    let world = try DaemonWorld(accounts: 50)
    let chain = Blockchain(genesis: world.genesis, state: .complete)
    let root = chain.head.header.stateRoot
    let right = Self.verdict(chain, Self.oracle(world, root: root))
    #expect(right.outcome == .pass && right.text.contains("PASS: all 1 nodes"))
    #expect(right.json.hasPrefix("{\"pass\":true,\"exit\":0,"))
    let other = Self.verdict(chain, Self.oracle(world, root: .zero))
    #expect(other.outcome == .wrongState && other.outcome.code == 10)
    let late = Self.verdict(chain, Self.oracle(world, root: root), isComplete: false)
    #expect(late.outcome == .notThere && late.text.contains("FAIL (exit 11)"))
    let blind = Self.verdict(chain, Self.oracle(world, root: nil))
    #expect(blind.outcome == .notThere)
    let empty = Blockchain(genesis: world.genesis, state: .missing)
    let behind = Self.verdict(empty, Self.oracle(world, root: root))
    #expect(behind.outcome == .notThere && behind.text.contains("complete false"))
    #expect(behind.json.contains("\"complete\":false"))
  }

  @Test func changedStore_shouldBeSeen() throws {
    let world = try DaemonWorld(accounts: 50)
    let disk = MemoryDisk()
    var root = Hash256.zero
    for isChanged in [false, true] {
      let store = try MemoryStore(on: disk, owner: .chain(world.genesis.hash))
      if isChanged {
        let leaves = StateTrie.namespaces[0]
        try store.write { (transaction) throws(StorageError) in
          guard let leaf = try transaction.entries(in: leaves.all).first else { return }
          // One coin more or less, as a lie would be: the record itself is sound.
          var value = leaf.value
          value[value.count - 1] ^= 1
          try transaction.put(leaves.key(leaf.key), value)
        }
      }
      let chain = try Blockchain(genesis: world.genesis, state: .complete, store: store)
      if !isChanged { root = chain.head.header.stateRoot }
      let verdict = Self.verdict(chain, Self.oracle(world, root: root))
      #expect(verdict.outcome == (isChanged ? .wrongState : .pass))
      #expect(verdict.text.contains("DIFFERENT") == isChanged)
      try store.close()
    }
  }
}
