/// What the words in `reason` mean. A word that is not here is shown as it is.
enum StoryReasons {
  /// The reason as a sentence, with its word.
  static func sentence(_ word: String) -> String {
    guard let meaning = meanings[word] else { return word.replacing("_", with: " ") }
    return "\(meaning) (\(word))"
  }

  private static let meanings: [String: String] = [
    "timeout": "it let a request time out",
    "slow": "it gives verified bytes far more slowly than the others",
    "short": "it answers with less than it could",
    "proof_root_mismatch": "the proof does not lead to the state root of the block",
    "proof_child_mismatch": "a node of the proof is not the one that its parent names",
    "proof_malformed_node": "a node of the proof is no node",
    "proof_not_post_order": "the nodes of the proof are out of order",
    "proof_unconnected": "the proof falls into pieces",
    "proof_unused_node": "the proof has nodes that prove nothing",
    "end_not_proven": "the proof does not show that nothing lies before the end of the range",
    "start_not_proven": "the proof does not show that nothing lies after the start of the range",
    "items_mismatch": "the accounts are not those of the proof",
    "item_out_of_range": "an account lies outside the range",
    "range_empty": "the range has no keys",
    "start_not_missing": "the keys at its start are held already",
    "left_edge_unknown": "what lies before it is not known",
    "not_sorted": "the keys are out of order",
    "diff_root_mismatch": "the diff is not the one that the header commits to",
    "state_root_mismatch": "the state is not the one that the header commits to",
    "body_mismatch": "the body is not the one that the header commits to",
    "body_root_mismatch": "the body is not the one that the header commits to",
    "block_failed": "the block that it belongs to was not taken",
    "not_needed": "another answer had brought the keys before",
    "block_passed": "the chain has gone past its block",
    "block_unknown": "nobody has the block that it belongs to",
    "buffer_full": "there was no more room for things that wait",
    "peer_limit": "one peer had too much waiting",
    "too_far_ahead": "it is too far above our head",
    "too_far_behind": "it is too far below our head",
    "state_complete": "the state is complete without it",
    "history_adopted": "the chain jumped ahead",
    "below_finality": "it is below the last final block",
    "ancestors_unavailable": "nobody gave its ancestors",
    "parent_not_taken": "its parent was not taken",
    "signature_invalid": "the signature is not that of the producer",
    "wrong_producer": "it is signed by somebody whose turn it was not",
    "killed": "the process was killed",
    "unknown_block": "it does not know the block",
    "not_served": "it has not what was asked for, or does not give it",
  ]
}
