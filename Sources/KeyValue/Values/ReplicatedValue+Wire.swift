import CRDT
import Primitives

extension ReplicatedValue: WireCodable {
  private enum Tag: UInt8 {
    case nothing = 0
    case bytes = 1
    case expired = 2
  }

  /// A byte for the plain part (0 nothing, 1 bytes, 2 expired), its version (ticks as a varint,
  /// replica in 8 bytes, most significant first), its expiry (varint), for bytes these as a byte
  /// string; the horizon (varint); the map in the wire form of room `CRDT`.
  ///
  /// Refuses what is not in the one form that a value has, and fields of unknown types.
  package init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    let raw = try decoder.byte()
    guard let tag = Tag(rawValue: raw) else {
      throw .invalidCase(UInt64(raw), of: "ReplicatedValue", at: start)
    }
    let version = try decoder.value(HybridTime.self)
    let expiry = try decoder.uint64()
    let content: Content
    switch tag {
    case .nothing: content = .nothing
    case .bytes: content = .bytes(try decoder.bytes(limit: KeyValueLimits.valueBytesMax))
    case .expired: content = .expired
    }
    guard expiry <= UInt64(Int64.max), content != .expired || (1..<1 << 48).contains(expiry) else {
      throw .invalidValue("an expiry", at: start)
    }
    let horizonOffset = decoder.offset
    let horizon = try decoder.uint64()
    guard horizon < 1 << 63 else { throw .invalidValue("a horizon", at: horizonOffset) }
    let mapOffset = decoder.offset
    let map = try decoder.value(ORMap.self)
    self.init(Plain(version, content, expiry: expiry), horizon: horizon, map: map)
    try checkForm(at: mapOffset)
  }

  package func encode(to encoder: inout WireEncoder) {
    let tag: Tag =
      switch plain.content {
      case .nothing: .nothing
      case .bytes: .bytes
      case .expired: .expired
      }
    encoder.append(byte: tag.rawValue)
    encoder.append(plain.version)
    encoder.append(plain.expiry)
    if case .bytes(let bytes) = plain.content { encoder.append(bytes) }
    encoder.append(horizon)
    encoder.append(map)
  }

  private func checkForm(at offset: Int) throws(WireError) {
    guard !map.isPart else { throw .invalidValue("a part of a value", at: offset) }
    let top: Set<FieldKey> = [.counter, .set, .map, .register]
    for key in map.reader.fieldKeys where !top.contains(key) {
      throw .invalidValue("a field of another type", at: offset)
    }
    for key in map.reader[.map]?.fieldKeys ?? []
    where key.kind != .counter && key.kind != .multiValue {
      throw .invalidValue("a field of another type in a map", at: offset)
    }
    var present = Set<ReplicaID>()
    map.reader.forEachDot { present.insert($0.replica) }
    let context = map.context
    let contiguous = context.contiguous
    guard context.rangeCount == context.replicas.count else {
      throw .invalidValue("a context with gaps", at: offset)
    }
    for replica in context.replicas {
      let last = context.last(of: replica)
      guard contiguous[replica] == last, last < 1 << 63,
        last > horizon || last == horizon && present.contains(replica)
      else { throw .invalidValue("a context", at: offset) }
    }
  }

  /// The largest time that it knows of; in ticks.
  package var latestTicks: UInt64 {
    let events = map.context.replicas.map { map.context.last(of: $0) }.max() ?? 0
    let end = plain.content == .expired ? Self.ticks(plain.expiry) : 0
    return max(events, horizon, plain.version.ticks, end)
  }
}
