import Primitives

extension BlockRules {
  func checkSignatures(_ block: Block, parentSeed: BlockSeed) throws(PushError) {
    guard block.kind == .micro else { return try checkQuorum(block) }
    guard case .producer(let signed) = block.justification else {
      throw block.invalid(.wrongJustification)
    }
    let index = validators.producerIndex(number: block.number, parentSeed: parentSeed)
    guard Int(signed.signer) == index else { throw block.invalid(.wrongProducer) }
    let producer = validators.validators[index].publicKey
    guard
      verifier.verify(
        signed.signature, of: SigningDomain.microBlock.message(block.hash), by: producer)
    else { throw block.invalid(.signatureInvalid) }
    // After the block's signature: a wrong seed is then proven to be the producer's doing.
    guard
      verifier.verify(block.header.seed.signature, of: parentSeed.signedBytes, by: producer)
    else { throw PushError(.invalidSuccessor(.wrongSeed), block.hash) }
  }

  func checkQuorum(_ block: Block) throws(PushError) {
    guard case .quorum(let signatures) = block.justification else {
      throw block.invalid(.wrongJustification)
    }
    var slots = 0
    var previous = -1
    for signed in signatures {
      let index = Int(signed.signer)
      guard index > previous, index < validators.validators.count else {
        throw block.invalid(.quorumMalformed)
      }
      previous = index
      slots += Int(validators.validators[index].slots)
    }
    guard validators.isQuorum(slots: slots) else { throw block.invalid(.quorumTooSmall) }
    let message = SigningDomain.quorum.message(block.hash)
    for signed in signatures {
      let key = validators.validators[Int(signed.signer)].publicKey
      guard verifier.verify(signed.signature, of: message, by: key) else {
        throw block.invalid(.quorumSignatureInvalid)
      }
    }
  }
}
