import EventLog
import Ledger
import Networking
import Node
import Peers
import Primitives
import Production
import Runtime
import Storage
import TestSupport
import Testing
import WorldSupport

@Suite struct TransactionRelayTests {
  private static func transfer(
    _ own: ProducerWorld, _ user: Int, nonce: UInt64 = 0, network: UInt16? = nil,
    amount: UInt64 = 5, to other: Int = 0
  ) -> Transaction {
    let keys = own.file.testKeys
    return .signed(
      by: keys[user], network: network ?? own.file.genesis.configuration.network, nonce: nonce,
      fee: 2, action: .transfer(to: Address(of: keys[other].publicKey), amount: amount))
  }

  /// Handed in where no block is made, a transaction comes into a block all the same.
  @Test(arguments: Backend.each)
  func transaction_shouldReachTheProducer_fromANodeThatMakesNoBlocks(
    backend: Backend
  ) async throws {
    let own = try ProducerWorld(seed: 31 + backend.number, backend)
    await own.world.runAnywhere {
      let producer = try own.producer(1, keys: own.keys)
      let node = try own.follower(2, .complete)
      own.start(producer)
      own.start(node)
      #expect(await own.wait(node.chain, for: 3))
      let list = (1..<9).map { Self.transfer(own, $0) }
      for transaction in list {
        let taken = try await node.relay.submit(wireBytes: transaction.wireBytes)
        #expect(taken == transaction)
      }
      #expect(
        await own.world.wait(.seconds(60)) {
          own.blocks(node.chain).flatMap { $0.body?.transactions ?? [] }.count == list.count
        })
      #expect(await own.world.wait(.seconds(10)) { node.relay.waiting.count == 0 })
      #expect(await own.world.wait(.seconds(10)) { producer.relay.waiting.count == 0 })
      await #expect(throws: TransactionRefusal.self) { try await node.relay.submit(list[0]) }
      #expect(node.count("peer.banned") == 0 && producer.count("peer.banned") == 0)
    }
  }

  @Test func invalidTransactions_shouldBeRefused_andWhoeverSendsThemBanned() throws {
    let own = try ProducerWorld(seed: 32)
    own.world.run {
      let node = try own.follower(1, .complete)
      own.start(node)
      let good = Self.transfer(own, 1)
      var forged = good
      forged.fee = 3
      let bad: [(bytes: [UInt8], reason: String)] = [
        (forged.wireBytes, "transaction_signature_invalid"),
        (Self.transfer(own, 1, network: 99).wireBytes, "transaction_wrong_network"),
        (Self.transfer(own, 1, amount: 0).wireBytes, "transaction_zero_amount"),
        ([1, 2, 3], "undecodable_transaction"),
      ]
      for (index, (bytes, reason)) in bad.enumerated() {
        await #expect {
          try await node.relay.submit(wireBytes: bytes)
        } throws: { ($0 as? TransactionRefusal)?.reason == reason }
        let liar = PeerID(UInt32(10 + index))
        let endpoint = own.world.network.endpoint(liar)
        own.world.network.join(liar)
        try await own.runtime.sleep(for: .seconds(1))
        await endpoint.publish(.transaction, bytes)
        try await own.runtime.sleep(for: .seconds(1))
        let bans = node.sink.events.compactMap { event -> String? in
          if case Event.Peer.banned(liar, let reason) = event.group { reason } else { nil }
        }
        #expect(bans == [reason])
      }
      // Not to be executed here and now: nobody's fault.
      let honest = PeerID(20)
      let endpoint = own.world.network.endpoint(honest)
      own.world.network.join(honest)
      try await own.runtime.sleep(for: .seconds(1))
      for transaction in [
        Self.transfer(own, 1, nonce: 900), Self.transfer(own, 2, amount: 1 << 40), good,
      ] {
        await endpoint.publish(.transaction, transaction.wireBytes)
      }
      try await own.runtime.sleep(for: .seconds(1))
      #expect(node.relay.waiting.count == 1)
      #expect(node.count("peer.banned") == bad.count)
    }
  }

  @Test func nodeWithIncompleteState_shouldTakeNothing() throws {
    let own = try ProducerWorld(seed: 33)
    own.world.run {
      let node = try own.follower(1, .missing)
      await #expect {
        try await node.relay.submit(Self.transfer(own, 1))
      } throws: { ($0 as? TransactionRefusal)?.reason == "incomplete_state" }
      #expect(node.relay.waiting.count == 0)
    }
  }

  @Test func rebranch_shouldReturnTransactions_thatTheNewBranchLacks() throws {
    let own = try ProducerWorld(seed: 34)
    own.world.run {
      let node = try own.follower(1, .complete)
      own.start(node)
      try await own.runtime.sleep(for: .seconds(1))
      let chain = node.chain
      let blocks = BlockProducer(chain: chain, keys: own.keys)
      let list = (1..<5).map { Self.transfer(own, $0) }
      for transaction in list { try await node.relay.submit(transaction) }
      #expect(node.relay.waiting.count == 4)
      try chain.push(blocks.next(transactions: list).block)
      try await own.runtime.sleep(for: .seconds(1))
      #expect(node.relay.waiting.count == 0)
      // A longer branch has one of them, and one that takes the place of another.
      let start = own.file.genesis.hash
      let other = Self.transfer(own, 2, amount: 99)
      let first = try blocks.next(on: start, transactions: [list[0], other], timestamp: nil).block
      try chain.push(first)
      try chain.push(blocks.next(on: first.hash).block)
      #expect(chain.block(at: 1)?.hash == first.hash)
      try await own.runtime.sleep(for: .seconds(1))
      #expect(node.relay.waiting.count == 2)
      #expect(
        node.sink.events.contains {
          $0.group as? Event.Producer == .returned(block: 2, transactions: 2)
        })
    }
  }

  /// The pool learns of blocks a moment later than the producer: what cannot be executed must not
  /// hold up the chain.
  @Test func transactionsThatCannotBeExecuted_shouldBeLeftOut_andTheBlockMade() throws {
    let most = ProductionLimits.droppedPerBlockMax
    let own = try ProducerWorld(seed: 35, keyed: most + 10)
    own.world.run {
      let chain = try own.chain(.complete)
      let sink = MemorySink()
      let context = SyncContext(
        chain: chain, network: own.world.network.endpoint(PeerID(1)), runtime: own.runtime,
        recorder: EventRecorder(sink: sink, context: .init(node: "n1", actor: "test")))
      // It does not follow the chain, since it does not run.
      let relay = TransactionRelay(context: context)
      let list = (0..<most + 8).map { Self.transfer(own, $0) }
      for transaction in list { try await relay.submit(transaction) }
      try chain.push(BlockProducer(chain: chain, keys: own.keys).next(transactions: list).block)
      let fresh = Self.transfer(own, most + 9)
      let producer = Producer(
        context: context,
        configuration: ProducerConfiguration(
          keys: own.keys, clock: WallClock(startingAt: own.file.genesis.timestamp, own.runtime)),
        relay: relay, store: try own.store())
      own.runtime.spawn("producer") { await producer.run() }
      #expect(await own.wait(chain, for: 2))
      try await relay.submit(fresh)
      #expect(await own.wait(chain, for: 4))
      let bodies = (2...4).map { chain.block(at: $0)?.body?.transactions ?? [] }
      #expect(bodies[0] == [] && bodies.flatMap { $0 } == [fresh])
      #expect(sink.events.count { $0.name == "producer.failed" } == 0)
      #expect(relay.waiting.count <= 1)
    }
  }

  @Test func messages_shouldFitTheirLimits() throws {
    let key = KeyPair(seed: .zero)
    let largest = Transaction.signed(
      by: key, network: .max, nonce: .max, fee: .max,
      action: .setData([UInt8](repeating: 1, count: LedgerLimits.dataBytesMax)))
    #expect(largest.wireBytes.count <= ProductionLimits.transactionBytesMax)
    let request = RequestSignatures(isSkip: true, parent: .zero, block: .zero, isBinding: true)
    #expect(request.wireBytes.count <= ProductionLimits.signaturesRequestBytesMax)
    let most = LedgerLimits.validatorsMax
    let signed = (0..<most).map {
      BlockSignature(signer: UInt16(65_535 - most + $0), signature: .zero)
    }
    let answer = SignaturesResponse.signed(signed).wireBytes
    #expect(answer.count <= ProductionLimits.signaturesResponseBytesMax)
    #expect(try SignaturesResponse(wireBytes: answer) == .signed(signed))
    for wrong in [
      SignaturesResponse.signed(signed + [.init(signer: .max, signature: .zero)]),
      .signed([signed[1], signed[0]]), .ready([3, 3]), .ready((0...UInt16(most)).map { $0 }),
    ] {
      #expect(throws: WireError.self) { try SignaturesResponse(wireBytes: wrong.wireBytes) }
    }
  }
}
