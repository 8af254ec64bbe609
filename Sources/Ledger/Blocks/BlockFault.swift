/// A rule a block breaks. A struct over a private enum, so that cases can be added.
public struct BlockFault: Error, Sendable, Hashable, CustomStringConvertible {
  private enum Kind: Hashable {
    case rule(String, ofCopy: Bool)
    case transaction(index: Int, TransactionFault)
  }
  private let kind: Kind

  private init(_ reason: String, ofCopy: Bool = false) {
    kind = .rule(reason, ofCopy: ofCopy)
  }
  private init(kind: Kind) { self.kind = kind }

  /// The block belongs to another chain.
  public static let wrongNetwork = BlockFault("wrong_network")
  /// The block has another format version.
  public static let wrongVersion = BlockFault("wrong_version")
  /// The number is not the parent's plus one.
  public static let wrongNumber = BlockFault("wrong_number")
  /// This kind of block does not belong at this height.
  public static let wrongKind = BlockFault("wrong_kind")
  /// The timestamp is not after the parent's, or a skip block's is not exactly one interval later.
  public static let wrongTimestamp = BlockFault("wrong_timestamp")
  /// The last election block is not the one the header says, or says although it should not.
  public static let wrongElection = BlockFault("wrong_election")
  /// The history root does not belong to the parent.
  public static let wrongHistory = BlockFault("wrong_history")
  /// The seed is not the producer's signature of the parent's, or not the derived one.
  public static let wrongSeed = BlockFault("wrong_seed")
  /// A skip, macro or election block changes the state.
  public static let unexpectedStateChange = BlockFault("unexpected_state_change")
  /// Executing the transactions gives another diff than the header commits to.
  public static let wrongDiffRoot = BlockFault("wrong_diff_root")
  /// The block changes more than `LedgerLimits.diffBytesMax` bytes of state.
  public static let diffTooLarge = BlockFault("diff_too_large")
  /// The header commits to transactions that this kind of block may not have.
  public static let unexpectedTransactions = BlockFault("unexpected_transactions")
  /// The next validators do not hold the configured number of slots.
  public static let wrongSlotCount = BlockFault("wrong_slot_count")
  /// An election block came without next validators, or another block with some.
  public static let wrongValidators = BlockFault("wrong_validators", ofCopy: true)
  /// The body (or the next validators) is not the one the header commits to.
  public static let bodyRootMismatch = BlockFault("body_root_mismatch", ofCopy: true)
  /// The body is missing although this chain needs it.
  public static let bodyMissing = BlockFault("body_missing", ofCopy: true)
  /// The body has too many transactions or bytes.
  public static let bodyTooLarge = BlockFault("body_too_large")
  /// A micro block without producer signature, or another block without a quorum.
  public static let wrongJustification = BlockFault("wrong_justification", ofCopy: true)
  /// The signer is not the producer of this height.
  public static let wrongProducer = BlockFault("wrong_producer", ofCopy: true)
  /// The producer's signature is wrong.
  public static let signatureInvalid = BlockFault("signature_invalid", ofCopy: true)
  /// The signers are unknown, unsorted or come twice.
  public static let quorumMalformed = BlockFault("quorum_malformed", ofCopy: true)
  /// The signers hold two thirds of the slots or less.
  public static let quorumTooSmall = BlockFault("quorum_too_small", ofCopy: true)
  /// A signature of the quorum is wrong.
  public static let quorumSignatureInvalid = BlockFault("quorum_signature_invalid", ofCopy: true)
  /// Transaction `index` is invalid whatever the state.
  public static func transaction(index: Int, _ fault: TransactionFault) -> BlockFault {
    .init(kind: .transaction(index: index, fault))
  }

  /// True if the fault lies in what the hash does not commit to directly, so that another copy of
  /// the same block may be good.
  public var isOfCopy: Bool {
    if case .rule(_, let ofCopy) = kind { ofCopy } else { false }
  }

  /// True if the block itself shows the fault. Those that only executing shows, and a body that was
  /// left out, are not.
  var needsNoState: Bool {
    ![.wrongDiffRoot, .diffTooLarge, .bodyMissing].contains(self)
  }

  /// Stable snake_case name of the case.
  public var reason: String {
    switch kind {
    case .rule(let reason, _): reason
    case .transaction(_, let fault): "transaction_" + fault.reason
    }
  }

  public var description: String {
    switch kind {
    case .rule(let reason, _): reason
    case .transaction(let index, let fault): "transaction \(index): \(fault)"
    }
  }
}
