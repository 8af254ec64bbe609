import Primitives

/// What a store belongs to: a chain, a key-value store, or whatever else keeps its records there.
///
/// Whoever opens a store says what it must belong to, down to the version; another one is refused.
public struct StoreOwner: Sendable, Hashable, CustomStringConvertible {
  /// What kind of thing it is, by the rule for names of namespaces.
  public let kind: String
  /// How that kind uses its namespaces: the version of the owner, not of the store.
  public let version: UInt32
  /// What tells it from others of its kind; zero where one is like any other.
  public let identity: Hash256

  /// The kind has 1 to `StorageLimits.nameBytesMax` bytes: small letters, digits, `-` and `/`.
  public init(kind: String, version: UInt32, identity: Hash256 = .zero) {
    precondition(StoreName.isValid(kind), "no name of a kind: \(kind)")
    self.kind = kind
    self.version = version
    self.identity = identity
  }

  public var description: String {
    identity == .zero
      ? "\(kind) version \(version)" : "\(kind) \(identity.short) version \(version)"
  }
}
