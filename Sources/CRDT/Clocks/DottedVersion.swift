import Primitives

/// The version of one value of a key: the event that wrote it and what its writer had seen of the
/// key (Almeida et al. 2012). Two are compared in O(1); siblings are exactly what was written
/// without knowledge of each other, however many clients write through one replica.
public struct DottedVersion: Sendable, Hashable, WireCodable {
  /// The event that wrote the value.
  public let dot: Dot
  /// What the writer had seen, without the dot.
  public let past: VersionVector

  public init(dot: Dot, past: VersionVector) {
    self.dot = dot
    self.past = past
  }

  /// How it stands to another version of the same key.
  public func order(to other: DottedVersion) -> VersionVector.Order {
    if dot == other.dot { return .equal }
    if other.past.contains(dot) { return .before }
    return past.contains(other.dot) ? .after : .concurrent
  }

  /// The events that one knows who has seen this version.
  public var seen: VersionVector {
    var seen = past
    seen.raise(dot.replica, to: dot.counter)
    return seen
  }

  /// Those of `versions` that no other one of them has overwritten, in the order of their dots,
  /// each once.
  public static func newest(of versions: [DottedVersion]) -> [DottedVersion] {
    let sorted = versions.sorted { $0.dot < $1.dot }
    var kept: [DottedVersion] = []
    for version in sorted where kept.last?.dot != version.dot {
      let isOld = sorted.contains { $0.past.contains(version.dot) }
      if !isOld { kept.append(version) }
    }
    return kept
  }

  /// The replica (8 bytes), the counter (varint), and the past.
  public init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    let replica = try decoder.value(ReplicaID.self)
    let counter = try decoder.uint64()
    past = try decoder.value()
    dot = Dot(replica, counter)
    guard counter > 0 else { throw .invalidValue("a counter is 0", at: start) }
    guard !past.contains(dot) else { throw .invalidValue("a version before itself", at: start) }
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(dot.replica)
    encoder.append(dot.counter)
    encoder.append(past)
  }
}
