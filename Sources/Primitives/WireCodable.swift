/// A value with exactly one wire form (postcard 1.x; see `WireEncoder` and `WireDecoder`).
public protocol WireCodable: Sendable {
  /// Appends the wire form.
  func encode(to encoder: inout WireEncoder)
  /// Reads the wire form; throws for anything `encode(to:)` would not have written.
  init(from decoder: inout WireDecoder) throws(WireError)
}

extension WireCodable {
  /// The wire form.
  @inlinable
  public var wireBytes: [UInt8] {
    var encoder = WireEncoder()
    encode(to: &encoder)
    return encoder.bytes
  }

  /// Reads a value that fills `bytes` exactly.
  @inlinable
  public init(wireBytes: [UInt8]) throws(WireError) {
    var decoder = WireDecoder(wireBytes)
    try self.init(from: &decoder)
    try decoder.finish()
  }
}
