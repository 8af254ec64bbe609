import Ledger
import Messages
import Networking
import Primitives
import StateTrie
import Testing
import WorldSupport

/// Requests 215 and 216: proofs of accounts and of blocks.
@Suite struct ProofServingTests {
  @Test func accounts_shouldBeProven_presentOrAbsent() throws {
    let world = try TestWorld(seed: 70)
    world.run {
      try await world.grow(10)
      world.addHonest(1..<2)
      world.serve(Blockchain(genesis: world.genesis, state: .missing), as: PeerID(2))
      let network = world.network.endpoint(TestWorld.node)
      let absent = try #require(Address(bytes: [UInt8](repeating: 7, count: 20))).key
      let held = world.source.items().prefix(3)
      let keys = held.map(\.key) + [absent]
      let answer = try await network.request(
        RequestTrieProof(keys: keys), to: PeerID(1), timeout: .seconds(1))
      guard case .proof(let number, let hash, keys.count, let proof) = answer else {
        Issue.record("no proof")
        return
      }
      #expect(number == 10 && hash == world.source.headHash)
      let values = try proof.verify(
        root: try #require(world.source.block(hash)).header.stateRoot, keys: keys)
      for item in held { #expect(values[item.key] == .some(item.value)) }
      #expect(values[absent] == .some(nil))
      let empty = try await network.request(
        RequestTrieProof(keys: keys), to: PeerID(2), timeout: .seconds(1))
      #expect(empty == .incompleteState)
      #expect(try TrieProofResponse(wireBytes: answer.wireBytes) == answer)
    }
  }

  @Test func diffThatIsNotThere_shouldBeMissed_byACompleteStateOnly() throws {
    let world = try TestWorld(seed: 72)
    world.run {
      try await world.grow(20)
      let complete = Blockchain(
        genesis: world.genesis, state: .complete, options: BlockchainOptions(finalDiffsKept: 0))
      let partial = Blockchain(
        genesis: world.genesis, state: .missing, options: BlockchainOptions(finalDiffsKept: 0))
      for number in 1...world.source.headNumber {
        let block = try #require(world.source.block(at: number))
        guard case .diff(let diff) = world.source.trieDiff(of: block.hash) else { continue }
        try complete.push(block, diff: diff)
        try partial.push(block, diff: diff)
      }
      world.serve(complete, as: PeerID(1))
      world.serve(partial, as: PeerID(2))
      // Of a final block the diff is given up; of one that is not known there never was any.
      let old = try #require(world.source.block(at: 3)).hash
      for (peer, expected) in [(1, .unknownBlockHash), (2, .incompleteState)]
        as [(UInt32, TrieDiffResponse)]
      {
        let network = world.network.endpoint(TestWorld.node)
        let given = try await network.request(
          RequestTrieDiff(blockHash: old), to: PeerID(peer), timeout: .seconds(1))
        #expect(given == expected, "p\(peer)")
        let unknown = try await network.request(
          RequestTrieDiff(blockHash: .zero), to: PeerID(peer), timeout: .seconds(1))
        #expect(unknown == .unknownBlockHash, "p\(peer)")
        let head = try await network.request(
          RequestTrieDiff(blockHash: world.source.headHash), to: PeerID(peer), timeout: .seconds(1))
        guard case .partialDiff = head else {
          Issue.record("p\(peer) has the newest diff and gives \(head)")
          return
        }
      }
    }
  }

  @Test func blocks_shouldBeProvenToLeadToTheLastMacroBlock() throws {
    let world = try TestWorld(seed: 71)
    world.run {
      world.addHonest(1..<2)
      let network = world.network.endpoint(TestWorld.node)
      func ask(_ numbers: [UInt32]) async throws -> BlocksProofResponse {
        try await network.request(
          RequestBlocksProof(numbers: numbers), to: PeerID(1), timeout: .seconds(1))
      }
      #expect(try await ask([0]) == .unavailable)
      // The second round goes on where the first one stopped.
      for macro in [16, 40] as [UInt32] {
        try await world.grow(Int(macro) + 3 - Int(world.source.headNumber))
        let numbers = [0, 1, macro / 2, macro - 1]
        let answer = try await ask(numbers)
        guard case .proof(var proof) = answer else {
          Issue.record("no proof below \(macro)")
          return
        }
        let hashes = numbers.compactMap { world.source.block(at: $0)?.hash }
        #expect(proof.anchor.number == macro && proof.hashes(of: numbers) == hashes)
        #expect(world.source.checkQuorum(of: proof.anchor) == .signed)
        #expect(try BlocksProofResponse(wireBytes: answer.wireBytes) == answer)
        #expect(proof.hashes(of: [0, 1, macro / 2, macro - 2]) == nil)
        #expect(proof.hashes(of: Array(numbers.dropLast())) == nil)
        proof.items[1].hash = .zero
        #expect(proof.hashes(of: numbers) == nil)
      }
      #expect(try await ask([40]) == .unavailable)
      let jumped = Blockchain(genesis: world.genesis, state: .missing)
      let chain = try #require(world.source.macroChain(locators: jumped.macroLocators()))
      try jumped.adopt(macro: chain)
      #expect(jumped.historyProof(of: [1]) == nil)
    }
  }
}
