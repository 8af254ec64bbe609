import Ledger
import Primitives
import Testing

/// Skip, macro and election blocks whose signatures come from several places.
@Suite struct QuorumProposalTests {
  @Test func proposal_shouldBeTheBlockThatTheProducerMakes_whateverItsKind() throws {
    let world = try World()
    var kinds: Set<BlockKind> = []
    for number in UInt32(1)...16 {
      let isMacro = World.configuration.isMacro(at: number)
      let isSkip = !isMacro && number.isMultiple(of: 3)
      if isMacro || isSkip {
        let proposal = try world.producer.proposal(isSkip: isSkip)
        let signatures = proposal.signatures(by: world.validators)
        let block = try #require(proposal.block(signed: signatures.reversed()))
        let made = try isSkip ? world.producer.skip() : world.producer.next()
        #expect(block == made.block)
        try world.chain.push(block)
      } else {
        try world.chain.push(world.producer.next().block)
      }
      kinds.insert(world.chain.head.kind)
      #expect(world.chain.headNumber == number)
    }
    #expect(kinds == [.micro, .skip, .macro, .election])
  }

  /// Exactly two thirds of the slots are not enough.
  @Test func block_shouldNeedMoreThanTwoThirds_eachSignerOnce() throws {
    let world = try World()
    let proposal = try world.producer.proposal(isSkip: true)
    let all = proposal.signatures(by: world.validators)
    let slots = proposal.validators.validators.map(\.slots)
    for mask in 0..<16 {
      let chosen = all.filter { mask >> Int($0.signer) & 1 == 1 }
      let sum = chosen.reduce(0) { $0 + Int(slots[Int($1.signer)]) }
      let block = proposal.block(signed: chosen + chosen)
      #expect((block != nil) == (sum > 6), "\(sum) slots")
      #expect(proposal.isQuorum(Set(chosen.map(\.signer))) == (sum > 6))
      if let block { #expect(world.chain.checkQuorum(of: block) == .signed) }
    }
    #expect(!proposal.isQuorum([0, 77]))
  }

  @Test func signature_shouldBeRefused_whenItIsNotOfThisBlockAndSigner() throws {
    let world = try World()
    let proposal = try world.producer.proposal(isSkip: true)
    let signed = proposal.signatures(by: [world.validators[0]])
    #expect(signed.count == 1 && signed.allSatisfy(proposal.accepts))
    #expect(proposal.signatures(by: [World.keys("user", 1)]) == [])
    var other = signed[0]
    other.signer = (other.signer + 1) % 4
    #expect(!proposal.accepts(other))
    other.signer = 4
    #expect(!proposal.accepts(other))
    try world.chain.push(world.producer.next().block)
    #expect(try !world.producer.proposal(isSkip: true).accepts(signed[0]))
    #expect(throws: ProductionError.self) { try world.producer.proposal(isSkip: false) }
  }
}
