/// What is wrong with a peer that does not follow the protocol.
public enum LiarKind: String, Sendable, Hashable, CaseIterable {
  /// Changes the value of one account in every chunk it serves.
  case wrongValue = "wrong_value"
  /// Leaves an entry out of every trie diff it serves.
  case wrongDiff = "wrong_diff"
  /// Announces well-signed blocks whose state root is wrong.
  case wrongRoot = "wrong_root"
  /// Changes the value of one account in every piece of a snapshot that it serves.
  case wrongPiece = "wrong_piece"
  /// Gives manifests of snapshots in which the pieces start elsewhere.
  case wrongManifest = "wrong_manifest"
  /// Changes the hash of one child in every part of the trie that it gives.
  case wrongSubtree = "wrong_subtree"
  /// Changes a coded symbol in every answer.
  case wrongSymbols = "wrong_symbols"
  /// Changes the value of one account in every answer to who comes back.
  case wrongAccount = "wrong_account"
  /// Leaves an account out of every chunk.
  case omittedKey = "omitted_key"
  /// Adds an account to every chunk.
  case extraKey = "extra_key"
  /// Adds an account behind the end of every chunk.
  case keyOutside = "key_outside"
  /// Gives two accounts of every chunk in the wrong order.
  case unsorted
  /// Says of every chunk that nothing follows it.
  case earlyEnd = "early_end"
  /// Says of every chunk that it ends later than it does.
  case lateEnd = "late_end"
  /// Says of every chunk that it ends before its last account.
  case overlappingEnd = "overlapping_end"
  /// Gives no proof with a chunk.
  case noProof = "no_proof"
  /// Leaves the last node of every proof out.
  case truncatedProof = "truncated_proof"
  /// Gives the nodes of every proof twice.
  case bloatedProof = "bloated_proof"
  /// Gives the chunk of another block under the name of the newest.
  case chunkOfOtherBlock = "chunk_of_other_block"
  /// Gives the answer to an earlier request for a chunk.
  case otherAnswer = "other_answer"
  /// Gives chunks that are no chunks.
  case undecodableChunk = "undecodable_chunk"
  /// Gives chunks that are larger than any may be.
  case oversizeChunk = "oversize_chunk"
  /// Gives every chunk as one of a block that nobody has made.
  case chunkOfNoBlock = "chunk_of_no_block"
  /// Changes the value of one account in every second chunk, and gives the others as they are.
  case everySecondChunk = "every_second_chunk"
  /// Says in every diff that an account was something else before.
  case wrongOld = "wrong_old"
  /// Gives the diff of an earlier request.
  case otherDiff = "other_diff"
  /// Adds many entries to every diff.
  case hugeDiff = "huge_diff"
  /// Does not know the block of any diff, though it has it.
  case unknownDiff = "unknown_diff"
  /// Gives diffs that are no diffs.
  case undecodableDiff = "undecodable_diff"
  /// Changes the parent in every header that it passes on.
  case badParent = "bad_parent"
  /// Changes the signature of every header that it passes on.
  case badSignature = "bad_signature"
  /// Makes every header that it passes on one of a far later block.
  case farFuture = "far_future"
  /// Passes headers on, but no bodies.
  case withheldBody = "withheld_body"
  /// Passes on no headers of even height.
  case withheldHeader = "withheld_header"
  /// Passes on headers that are none.
  case undecodableHeader = "undecodable_header"
  /// Says that its head is far ahead.
  case falseHead = "false_head"
  /// Leaves a block out of every answer with missing blocks.
  case gapInBlocks = "gap_in_blocks"
  /// Gives the blocks of an earlier request.
  case otherBlocks = "other_blocks"
  /// Names a snapshot of the newest final block that nobody has, and gives a manifest of it.
  case forgedSnapshot = "forged_snapshot"

  /// Those that find something to lie about in every world.
  package static let ofEveryWorld: [LiarKind] = [.wrongValue, .wrongDiff, .wrongRoot]

  /// Those that a plan may have: all but what only a node that comes back asks for.
  static let ofPlans = allCases.filter {
    ![.wrongSubtree, .wrongSymbols, .wrongAccount].contains($0)
  }

  /// False for lies that nothing proves to be one: they are not believed, and that is all.
  package var isProvable: Bool {
    switch self {
    case .wrongSymbols, .wrongAccount, .unknownDiff, .withheldBody, .falseHead, .chunkOfNoBlock,
      .withheldHeader, .oversizeChunk, .forgedSnapshot:
      false
    default: true
    }
  }

  /// What it does, as one sentence.
  public var meaning: String {
    switch self {
    case .wrongValue: "changes the value of one account in every chunk"
    case .wrongDiff: "leaves an entry out of every diff"
    case .wrongRoot: "announces well-signed blocks with a wrong state root"
    case .wrongPiece: "changes the value of one account in every piece of a snapshot"
    case .wrongManifest: "gives manifests of snapshots in which the pieces start elsewhere"
    case .wrongSubtree: "changes the hash of one child in every part of the trie"
    case .wrongSymbols: "changes a coded symbol in every answer"
    case .wrongAccount: "changes the value of one account in every answer to who comes back"
    case .omittedKey: "leaves an account out of every chunk"
    case .extraKey: "adds an account to every chunk"
    case .keyOutside: "adds an account behind the end of every chunk"
    case .unsorted: "gives two accounts of every chunk in the wrong order"
    case .earlyEnd: "says of every chunk that nothing follows it"
    case .lateEnd: "says of every chunk that it ends later than it does"
    case .overlappingEnd: "says of every chunk that it ends before its last account"
    case .noProof: "gives no proof with a chunk"
    case .truncatedProof: "leaves the last node of every proof out"
    case .bloatedProof: "gives the nodes of every proof twice"
    case .chunkOfOtherBlock: "gives the chunk of another block under the name of the newest"
    case .otherAnswer: "gives the answer to an earlier request for a chunk"
    case .undecodableChunk: "gives chunks that are no chunks"
    case .oversizeChunk: "gives chunks that are larger than any may be"
    case .chunkOfNoBlock: "gives every chunk as one of a block that nobody has made"
    case .everySecondChunk:
      "changes a value in every second chunk, and gives the others as they are"
    case .wrongOld: "says in every diff that an account was something else before"
    case .otherDiff: "gives the diff of an earlier request"
    case .hugeDiff: "adds many entries to every diff"
    case .unknownDiff: "does not know the block of any diff"
    case .undecodableDiff: "gives diffs that are no diffs"
    case .badParent: "changes the parent in every header that it passes on"
    case .badSignature: "changes the signature of every header that it passes on"
    case .farFuture: "makes every header that it passes on one of a far later block"
    case .withheldBody: "passes headers on, but no bodies"
    case .withheldHeader: "passes on no headers of even height"
    case .undecodableHeader: "passes on headers that are none"
    case .falseHead: "says that its head is far ahead"
    case .gapInBlocks: "leaves a block out of every answer with missing blocks"
    case .otherBlocks: "gives the blocks of an earlier request"
    case .forgedSnapshot: "names a snapshot of the newest final block that nobody has"
    }
  }
}
