import CSodium

/// 32 secret bytes (a key or a chaining value), overwritten when nobody holds them any longer.
///
/// An immutable object, so that no copy of the bytes stays where a value has moved from.
public final class SecretKey: Sendable {
  /// Length in bytes.
  public static let byteCount = 32

  /// Written in the initialisers only.
  nonisolated(unsafe) private let bytes: UnsafeMutablePointer<UInt8>

  /// Lets `fill` write the 32 bytes, which are zero before.
  init(filling fill: (UnsafeMutablePointer<UInt8>) -> Void) {
    Sodium.prepare()
    bytes = .allocate(capacity: Self.byteCount)
    bytes.initialize(repeating: 0, count: Self.byteCount)
    fill(bytes)
  }

  /// The secret held by exactly 32 bytes, or nil for any other count. The caller's own copy is not
  /// wiped.
  public convenience init?(bytes source: some Collection<UInt8>) {
    guard source.count == Self.byteCount else { return nil }
    self.init { target in
      for (index, byte) in source.enumerated() { target[index] = byte }
    }
  }

  deinit {
    sodium_memzero(bytes, Self.byteCount)
    bytes.deallocate()
  }

  /// Reads the 32 bytes; the pointer must not be kept.
  func read<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
    body(bytes)
  }

  /// Compares in constant time (libsodium `sodium_memcmp`).
  public func isEqual(to other: SecretKey) -> Bool {
    sodium_memcmp(bytes, other.bytes, Self.byteCount) == 0
  }
}

/// libsodium as a whole.
enum Sodium {
  private static let isReady = sodium_init() >= 0

  /// Initialises the library before its first use; once, whichever thread comes first.
  static func prepare() {
    precondition(isReady, "libsodium could not be initialised")
  }
}
