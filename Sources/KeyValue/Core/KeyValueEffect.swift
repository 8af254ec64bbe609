import CRDT

/// A write as it stands at the end of a batch: absolute, so that it can be done again and in any
/// order. A log stores it, and other replicas take it, as it is.
public enum KeyValueEffect: Sendable, Hashable {
  /// What a key holds now. An `expiry` in milliseconds since 1970; 0: never.
  case set(key: [UInt8], kind: ValueKind, value: [UInt8], version: HybridTime, expiry: UInt64)
  /// A key was deleted.
  case delete(key: [UInt8], version: HybridTime)
  /// The time of a key is over. The version is that of its value, so that a write made before the
  /// expiry was seen, wherever, is newer.
  case expire(key: [UInt8], version: HybridTime, expiry: UInt64)
  /// All keys are gone. Only of a store without other replicas.
  case clear
  /// Deletions up to these ticks are not kept: every replica has them, and a write that is not held
  /// and not newer is dead.
  case floor(UInt64)

  /// The key; empty for `clear` and `floor`.
  public var key: [UInt8] {
    switch self {
    case .set(let key, _, _, _, _), .delete(let key, _), .expire(let key, _, _): key
    case .clear, .floor: []
    }
  }
}

/// The same without copies: valid only while the closure runs that was given it.
public struct EffectView {
  public let key: UnsafeRawBufferPointer
  /// What the key holds now.
  public let kind: ValueKind
  /// Empty unless the kind has one.
  public let value: UnsafeRawBufferPointer
  public let version: HybridTime
  /// Milliseconds since 1970; 0: never.
  public let expiry: UInt64

  /// A copy.
  public var effect: KeyValueEffect {
    switch kind {
    case .tombstone: .delete(key: Array(key), version: version)
    case .expired: .expire(key: Array(key), version: version, expiry: expiry)
    case .bytes, .replicated, .emptied:
      .set(key: Array(key), kind: kind, value: Array(value), version: version, expiry: expiry)
    }
  }
}
