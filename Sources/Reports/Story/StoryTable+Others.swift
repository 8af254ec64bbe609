/// Events of connections, snapshots, returning nodes and reconciliation.
extension StoryTable {
  static let transfers: [StoryRow] = [
    StoryRow("transport.listening", "other nodes may connect at {address}"),
    StoryRow("transport.answering", "people may ask about the node at {address}"),
    StoryRow("transport.connected", "{peer} connects ({dialler}, {address})"),
    StoryRow("transport.disconnected", "{peer} is gone: {reason}[, {detail}]"),
    StoryRow("transport.failed", "a connection ({dialler}, {address}) fails: {reason}[, {detail}]"),
    StoryRow("transport.refused", "a connection from {address} is refused: {reason}"),
    StoryRow("transport.unresolved", "{address} could not be looked up: {reason}"),
    StoryRow("transport.banned", "{identity} is kept away: {reason}", .penalises),
    StoryRow(
      "snapshot.taken",
      "the snapshot {snapshot} of block {block} is on the disk: {items} accounts, {bytes}, "
        + "after {duration_ns}"),
    StoryRow("snapshot.skipped", "no snapshot is taken of block {block}: {reason}"),
    StoryRow(
      "snapshot.failed", "the snapshot of block {block} fails: {reason}[, {detail}]"),
    StoryRow("snapshot.removed", "the snapshot of block {block} is removed: {reason}[, {detail}]"),
  ]

  static let others: [StoryRow] = [
    StoryRow("joining.offered", "{peer} offers a snapshot of block {block}: {hash}, {bytes}"),
    StoryRow(
      "joining.chosen",
      "the node joins from the snapshot {hash} of block {block}: {pieces} pieces at {hosts} "
        + "peers[; {detail}]"),
    StoryRow(
      "joining.declined", "the snapshot of block {block} is not used: {reason}[; {detail}]"),
    StoryRow("joining.refused", "the manifest {hash} of block {block} does not hold: {reason}"),
    StoryRow("joining.lost", "{peer} does not have the snapshot {hash} any more"),
    StoryRow(
      "returning.chosen",
      "the old state is to be brought to block {block} by {way}: {differences} differences"
        + "[; {detail}]"),
    StoryRow(
      "returning.carried",
      "{way} has brought the state to {block}: {items} accounts, {missing_ranges} missing ranges, "
        + "{bytes}"),
    StoryRow("returning.failed", "{way} led nowhere at block {block}: {reason}"),
    StoryRow("returning.unreadable", "the own state cannot be read: {reason}[, {detail}]"),
    StoryRow("reconciliation.started", "session {session} with {peer} begins"),
    StoryRow("reconciliation.refused", "no session with {peer}: {reason}"),
    StoryRow(
      "reconciliation.chosen", "session {session} with {peer} goes by {strategy}[; {detail}]"),
    StoryRow("reconciliation.phase", "session {session} with {peer} is in the phase {phase}"),
    StoryRow(
      "reconciliation.ended",
      "session {session} with {peer} ends in {phase} after {duration_ns}: {items} items, {bytes}"),
    StoryRow("reconciliation.totals", "{sessions} sessions so far: {items} items, {bytes}"),
    StoryRow("reconciliation.penalised", "{peer} pays for: {reason}", .penalises),
    StoryRow("reconciliation.not_stored", "what {peer} sent was not stored: {reason}"),
  ]
}
