/// Events between the replicas of a key-value store.
extension StoryTable {
  static let keyValues: [StoryRow] = [
    StoryRow("kv.replicating", "replicas may connect at {address}"),
    StoryRow("kv.linked", "{peer} proves from {address} that it belongs to the cluster"),
    StoryRow("kv.lost", "the connection to {peer} is over: {reason}"),
    StoryRow("kv.refused", "no connection with {address}: {reason}"),
    StoryRow("kv.member", "the members of the cluster are others: {reason}"),
    StoryRow(
      "kv.round",
      "the round with {peer} ends after {duration_ns}: {result}, {compared} keys are compared, "
        + "{bytes}"),
    StoryRow(
      "kv.repaired", "what differed from {peer} is mended: {received} keys taken, {sent} sent"),
    StoryRow("kv.not_taken", "{items} writes of {peer} are not taken: {reason}"),
    StoryRow("kv.floor", "{dropped} keys that are deleted everywhere are forgotten"),
    StoryRow("kv.notice", "the operator is told: {detail}"),
  ]
}
