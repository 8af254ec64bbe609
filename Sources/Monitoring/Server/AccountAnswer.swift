import EventLog
import Ledger
import Primitives
import StateTrie

/// What is known of an account, with its proof.
public enum AccountAnswer: Sendable, Hashable {
  /// What a proof shows, and against which root.
  public struct Proven: Sendable, Hashable {
    public var address: Address
    /// The block after which it is so: the head.
    public var block: BlockID
    public var stateRoot: Hash256
    /// Nil if there is no such account.
    public var account: Account?
    public var proof: TrieProof
  }

  case proven(Proven)
  /// It cannot be told now, for this reason.
  case unavailable(String)

  /// Reads and checks the proof of an account in the head's state.
  public init(of address: Address, in chain: Blockchain) {
    guard chain.holdsState else {
      self = .unavailable("this node holds no state")
      return
    }
    switch chain.proof(of: [address.key]) {
    case .incomplete:
      self = .unavailable("this range of the state is not held yet")
    case .failed(let error):
      self = .unavailable("the store failed: \(error)")
    case .proof(let proof, let block):
      guard let root = chain.block(block.hash, includeBody: false)?.header.stateRoot,
        let answers = try? proof.verify(root: root, keys: [address.key]),
        let value = answers[address.key]
      else {
        self = .unavailable("the state has changed meanwhile; ask again")
        return
      }
      let account = value.flatMap { try? Account(wireBytes: $0) }
      if value != nil, account == nil {
        self = .unavailable("the state holds something else than an account there")
        return
      }
      self = .proven(
        Proven(
          address: address, block: block, stateRoot: root, account: account, proof: proof))
    }
  }
}

extension AccountAnswer.Proven {
  /// The document of `/accounts/ADDRESS`. Amounts are texts, since they can be above 2^53.
  public var json: String {
    var writer = JSONWriter()
    writer.object { writer in
      writer.text("address", Hex.string(address.bytes))
      writer.object("block") { writer in
        writer.integer("number", block.number)
        writer.text("hash", block.hash.hex)
        writer.text("state_root", stateRoot.hex)
      }
      if let account {
        writer.object("account") { writer in
          writer.text("balance", "\(account.balance)")
          writer.text("nonce", "\(account.nonce)")
          writer.text("data", Hex.string(account.data))
        }
      } else {
        writer.text("account", nil)
      }
      writer.text("proof", Hex.string(proof.wireBytes))
    }
    return writer.text
  }
}
