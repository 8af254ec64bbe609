import Primitives

/// A skip, macro or election block that is still to be signed by a quorum.
///
/// Nothing of it is anybody's choice: all who make it on the same parent make the same. So the
/// signatures may come from validators in different processes.
public struct QuorumProposal: Sendable, Hashable {
  public let header: BlockHeader
  /// Those who sign it.
  public let validators: ValidatorSet
  let nextValidators: ValidatorSet?

  private var message: [UInt8] { SigningDomain.quorum.message(header.hash) }

  /// The signatures of those validators whose keys are among `keys`, in the order of the set.
  public func signatures(by keys: [KeyPair]) -> [BlockSignature] {
    let message = message
    let pairs = Dictionary(keys.map { ($0.publicKey, $0) }) { first, _ in first }
    return validators.validators.enumerated().compactMap { index, validator in
      pairs[validator.publicKey].map {
        BlockSignature(signer: UInt16(index), signature: $0.sign(message))
      }
    }
  }

  /// True if this is the signature of one of the validators under this block.
  public func accepts(_ signed: BlockSignature) -> Bool {
    guard Int(signed.signer) < validators.validators.count else { return false }
    return validators.validators[Int(signed.signer)].publicKey
      .verify(signed.signature, of: message)
  }

  /// True if so many signers, each once, hold more than two thirds of the slots.
  public func isQuorum(_ signers: Set<UInt16>) -> Bool {
    let known = validators.validators
    let slots = signers.reduce(0) { sum, signer in
      sum + (Int(signer) < known.count ? Int(known[Int(signer)].slots) : 0)
    }
    return validators.isQuorum(slots: slots)
  }

  /// The block with as few of the accepted `signatures` as are enough, those of the first signers;
  /// nil if they are no quorum.
  public func block(signed signatures: [BlockSignature]) -> Block? {
    var taken: [BlockSignature] = []
    for signed in signatures.sorted(by: { $0.signer < $1.signer })
    where taken.last?.signer != signed.signer {
      taken.append(signed)
      guard isQuorum(Set(taken.map(\.signer))) else { continue }
      return Block(
        header: header, justification: .quorum(taken), nextValidators: nextValidators, body: .empty)
    }
    return nil
  }
}
