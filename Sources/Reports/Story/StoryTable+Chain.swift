/// Events of the run, the node, its peers and its chain.
extension StoryTable {
  static let runs: [StoryRow] = [
    StoryRow("run.start", "the run of {scenario} with seed {seed} begins"),
    StoryRow("run.end", "the run ends: {verdict}[; {detail}]"),
    StoryRow("node.started", "the node starts at {block} with {missing_ranges} missing ranges"),
    StoryRow("node.stopped", "the node stops: {reason}"),
    StoryRow("node.unreadable", "a request is not answered, the store cannot be read: {detail}"),
    StoryRow("node.crashed", "the node is killed: {reason}"),
    StoryRow("peer.joined", "{peer} connects"),
    StoryRow("peer.left", "{peer} is gone: {reason}"),
    StoryRow("peer.banned", "{peer} is banned for good: {reason}", .penalises),
    StoryRow("peer.demoted", "{peer} is asked after the others for a while: {reason}", .penalises),
    StoryRow("peer.behind", "{peer} leaves live sync: {reason}", .penalises),
    StoryRow("peer.ahead", "{peer} is too far ahead and goes back to macro sync: {reason}"),
    StoryRow("peer.promoted", "{peer} has caught up and is used for live sync"),
    StoryRow(
      "peer.evidence",
      "the proof of the lie of {peer} ({lie}: {reason}) is written down: {proof}, {bytes}",
      .penalises),
    StoryRow("peer.evidence_part", "part {part} of the proof {proof}"),
    StoryRow("fault.injected", "fault: {fault} of {target}[, {detail}]"),
    StoryRow("fault.ended", "the fault {fault} of {target} is over"),
    StoryRow("stall.detected", "nothing moves since {since_ns}: {blocker}[, {detail}]"),
    StoryRow("stall.resolved", "it moves again after {duration_ns} ({blocker})"),
    StoryRow("check.violated", "check {check} fails: {detail}"),
  ]

  static let chains: [StoryRow] = [
    StoryRow("chain.extended", "{block} is the new head"),
    StoryRow(
      "chain.rebranched",
      "a better branch up to {block} replaces {depth} blocks after #{ancestor} by {adopted}"),
    StoryRow("chain.finalized", "{block} is final"),
    StoryRow("chain.epoch_finalized", "{block} is final and begins an epoch"),
    StoryRow(
      "chain.history_adopted", "{blocks} blocks up to {block} come in without being executed"),
    StoryRow("chain.stored", "{block} is stored beside the main chain"),
    StoryRow("chain.fork_proof", "one producer signed {block} and {other_hash} at one height"),
    StoryRow("chain.state_given_up", "the whole state is given up at {block}"),
    StoryRow(
      "chain.signatures", "{misses} signatures were checked so far, {hits} were remembered"),
    StoryRow("macro_sync.started", "the macro chain is asked for"),
    StoryRow("macro_sync.adopted", "a verified macro chain ends in {block}"),
    StoryRow(
      "macro_sync.rejected", "the macro chain of {peer} is refused: {reason}", .settles(.refused)),
    StoryRow("macro_sync.completed", "{peer} has no later macro block than {block}"),
    StoryRow("macro_sync.failed", "{peer} gave no usable macro chain: {reason}"),
    StoryRow("consensus.established", "{peers} peers agree with {block}"),
    StoryRow("consensus.lost", "the conditions for consensus end at {block}: {reason}"),
    StoryRow("producer.waiting", "block {block} cannot be made yet: {reason}"),
    StoryRow("producer.failed", "block {block} was due and was not made: {reason}[, {detail}]"),
    StoryRow("producer.signed", "it signs {block} of {peer} with {signatures} signatures"),
    StoryRow("producer.refused", "it does not sign {hash} for {peer}: {reason}"),
    StoryRow("producer.returned", "{transactions} transactions above {block} wait again"),
  ]
}
