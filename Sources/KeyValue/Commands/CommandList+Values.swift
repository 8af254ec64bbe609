extension CommandSpecification {
  private static let oneKey = (1, 1, 1)
  private static let reading: Flags = [.readonly]
  private static let writing: Flags = [.write, .denyoom]

  /// The commands for replicated values, in the order of `CommandID`.
  static let values: [CommandSpecification] = [
    value(
      .syncSiblings, 2, reading, "replication", "key",
      "Gives the strings that were written to a key at the same time, the newest first."),
    value(
      .crdtType, 2, reading, "crdt", "key",
      "Gives the types that a key holds: string, register, counter, set, map."),
    value(
      .crdtSet, 3, writing, "crdt", "key value",
      "Writes a register; what is written at the same time stays beside it."),
    value(
      .crdtGet, 2, reading, "crdt", "key",
      "Gives all values of a register, the newest first."),
    value(
      .crdtIncrby, 3, writing, "crdt", "key number",
      "Adds to a counter; what is added at the same time counts too."),
    value(.crdtDecrby, 3, writing, "crdt", "key number", "Takes from a counter."),
    value(.crdtCount, 2, reading, "crdt", "key", "Gives the sum of a counter."),
    value(
      .crdtSadd, -3, writing, "crdt", "key member [member ...]",
      "Adds members to a set; they stay if others remove them at the same time."),
    value(
      .crdtSrem, -3, writing, "crdt", "key member [member ...]", "Removes members of a set."),
    value(.crdtSismember, 3, reading, "crdt", "key member", "Says whether a set has a member."),
    value(.crdtSmembers, 2, reading, "crdt", "key", "Gives the members of a set."),
    value(.crdtScard, 2, reading, "crdt", "key", "Counts the members of a set."),
    value(
      .crdtHset, -4, writing, "crdt", "key field value [field value ...]",
      "Writes fields of a map; they stay if others remove them at the same time."),
    value(.crdtHget, 3, reading, "crdt", "key field", "Gives a field of a map."),
    value(
      .crdtHdel, -3, writing, "crdt", "key field [field ...]", "Removes fields of a map."),
    value(
      .crdtHincrby, 4, writing, "crdt", "key field number",
      "Adds to a counter in a map; what is added at the same time counts too."),
    value(.crdtHgetall, 2, reading, "crdt", "key", "Gives all fields of a map."),
    value(.crdtHlen, 2, reading, "crdt", "key", "Counts the fields of a map."),
  ]

  /// What Redis does not have is said to be of the version that it is made after.
  private static func value(
    _ id: CommandID, _ arity: Int, _ flags: Flags, _ group: String, _ syntax: String,
    _ summary: String
  ) -> CommandSpecification {
    .init(id, arity, flags, keys: oneKey, group, syntax, summary, since: "7.0.15")
  }
}
