import CSodium

/// Care for bytes that nobody else may see.
public enum Secrets {
  /// Overwrites the bytes with zeros, in a way that no compiler leaves out (libsodium
  /// `sodium_memzero`). Copies that were made before stay as they are.
  public static func wipe(_ bytes: inout [UInt8]) {
    bytes.withUnsafeMutableBytes { buffer in
      guard let start = buffer.baseAddress else { return }
      sodium_memzero(start, buffer.count)
    }
  }
}

/// The 64 secret bytes of a signing key, overwritten when nobody holds them any longer.
final class SigningSecret: Sendable {
  /// Length in bytes: libsodium keeps the seed and the public key.
  static let byteCount = 64

  /// Written in the initialiser only.
  nonisolated(unsafe) let bytes: UnsafeMutablePointer<UInt8>

  /// Lets `fill` write the bytes, which are zero before.
  init(filling fill: (UnsafeMutablePointer<UInt8>) -> Void) {
    bytes = .allocate(capacity: Self.byteCount)
    bytes.initialize(repeating: 0, count: Self.byteCount)
    fill(bytes)
  }

  deinit {
    sodium_memzero(bytes, Self.byteCount)
    bytes.deallocate()
  }
}
