import EventLog
import Ledger
import LiveSync
import Node
import Peers
import Primitives
import Simulation
import Testing

/// The checks of a node that joins together with others must see what is planted.
@Suite struct CompanionCheckTests {
  private let world: StateCheckTests
  private let chain: Blockchain
  private static let unknown = Blake2b256.hash([7])

  init() throws {
    world = try StateCheckTests()
    chain = Blockchain(genesis: world.genesis, state: .complete)
  }

  /// A check whose oracle has accounts that are not the chain's, if they are changed.
  private func check(_ change: (inout [Address: Account]) -> Void = { _ in }) -> CompanionCheck {
    var accounts = world.accounts
    change(&accounts)
    let model = AccountModel(accounts: accounts)
    return CompanionCheck(
      rules: EventRules(liars: [9], bufferedBlocksMax: 3), hasMade: { $0 != Self.unknown },
      model: { _ in model })
  }

  /// The first rule that breaks.
  private func broken(_ check: CompanionCheck, _ events: [Event], request: UInt64? = nil) -> String?
  {
    var check = check
    for event in events {
      if let broken = check.take(WatchedEvent(event), request: request, of: chain) {
        return broken.check
      }
    }
    return nil
  }

  private var complete: Event { .state(.complete(block: 0, hash: chain.headHash, items: 40)) }
  private var rebranched: Event {
    .chain(.rebranched(block: 0, hash: chain.headHash, ancestor: 0, depth: 1, adopted: 2))
  }
  private var finalized: Event { .chain(.finalized(block: 0, hash: chain.headHash)) }

  @Test func aWrongAccount_shouldBeFound_atEachOccasion() {
    let changed = check { $0[world.sorted[20]]?.balance += 1 }
    for events in [[complete], [rebranched], [Event](repeating: finalized, count: 16)] {
      #expect(broken(check(), events) == nil)
      #expect(broken(changed, events) == "S1")
    }
    #expect(check().restarted(with: chain) == nil)
    #expect(changed.restarted(with: chain)?.check == "S11")
  }

  @Test func aBlockThatNobodyMade_shouldBeFound() {
    let hash = Self.unknown
    #expect(broken(check(), [.state(.complete(block: 1, hash: hash, items: 1))]) == "S3")
    #expect(broken(check(), [.chain(.finalized(block: 1, hash: hash))]) == "S3")
    #expect(broken(check(), [.chain(.epochFinalized(block: 1, hash: hash))]) == "S3")
    // Who lacks a part of the state cannot tell; who has executed it can.
    let adopted = [
      Event.chain(.extended(block: 1, hash: hash)),
      .chain(.rebranched(block: 1, hash: hash, ancestor: 0, depth: 1, adopted: 2)),
    ]
    for event in adopted {
      #expect(broken(check(), [event]) == nil)
      #expect(broken(check(), [complete, event]) == "S3")
    }
    let partial = Blockchain(genesis: world.genesis, state: .missing)
    #expect(
      StateCheck.adoption(.extended(block: 1, hash: hash), by: partial) { $0 != hash } == nil)
    #expect(
      StateCheck.adoption(.extended(block: 1, hash: hash), by: chain) { $0 != hash }?.check == "S3")
  }

  @Test func aWrongRoot_shouldBeFound_butOfAHeadThatALiarMadeUp() {
    func wrong(_ hash: Hash256) -> Event { .state(.wrongRoot(block: 0, hash: hash, detail: "x")) }
    #expect(broken(check(), [wrong(chain.headHash)]) == "S3")
    #expect(broken(check(), [wrong(Self.unknown)]) == nil)
  }

  @Test func aStoryThatCannotBe_shouldBeFound() {
    #expect(broken(check(), [EventRulesTests.refused(peer: 2).event]) == "S10")
    #expect(broken(check(), [complete, complete]) == "S9")
    let blocks = Event.block(.buffered(block: 1, hash: Self.unknown, peer: 1, buffered: 4))
    #expect(broken(check(), [blocks]) == "S7")
    let sent = EventRulesTests.request(1, ended: false).event
    #expect(broken(check(), [sent, sent], request: 1) == "S8")
    // Another life may ask again.
    var check = check()
    #expect(
      check.take(WatchedEvent(sent), request: 1, of: chain) == nil && check.openRequestCount == 1)
    check.begin(isComplete: false)
    #expect(
      check.openRequestCount == 0 && check.take(WatchedEvent(sent), request: 1, of: chain) == nil)
  }
}
