/// What two replicas differ in, as one of them sees it.
public struct RecordDifference: Sendable, Hashable {
  /// Records that only the other side has.
  public var missing: Set<RecordID>
  /// Records that only this side has.
  public var extra: Set<RecordID>

  public init(missing: Set<RecordID> = [], extra: Set<RecordID> = []) {
    self.missing = missing
    self.extra = extra
  }

  /// Records that one side has and the other has not.
  public var count: Int { missing.count + extra.count }
}
