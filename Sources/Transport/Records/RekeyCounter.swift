/// When a key is to be replaced. Both ends count the same records, so nothing need be said.
struct RekeyCounter: Sendable {
  private let schedule: RekeySchedule
  private var records = 0
  private var bytes = 0

  init(_ schedule: RekeySchedule) { self.schedule = schedule }

  /// Counts a record with `count` bytes of plaintext; true if the key is to be replaced after it.
  mutating func isDue(after count: Int) -> Bool {
    records += 1
    bytes += count
    guard records >= schedule.records || bytes >= schedule.bytes else { return false }
    (records, bytes) = (0, 0)
    return true
  }
}

/// After how many records or bytes of plaintext a key is replaced, whichever comes first. Must be
/// the same at both ends.
public struct RekeySchedule: Sendable, Hashable {
  public let records: Int
  public let bytes: Int

  public init(
    records: Int = TransportLimits.rekeyRecords, bytes: Int = TransportLimits.rekeyBytes
  ) {
    self.records = records
    self.bytes = bytes
  }
}
