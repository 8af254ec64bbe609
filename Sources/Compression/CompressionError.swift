/// Why compressed bytes are refused. A struct over a private enum, so that cases can be added.
public struct CompressionError: Error, Hashable, Sendable, CustomStringConvertible {
  private enum Kind: Hashable {
    case foreign(CompressionFormat)
    case truncated
    case trailingBytes(Int)
    case sizeUnknown
    case tooLarge(UInt64, limit: Int)
    case wrongSize(UInt64, expected: Int)
    case sizeLies(UInt64)
    case corrupted(String)
  }
  private let kind: Kind

  /// The first bytes are not those of this format.
  static func foreign(_ format: CompressionFormat) -> Self { .init(kind: .foreign(format)) }
  /// The input ends before what it holds does.
  static let truncated = CompressionError(kind: .truncated)
  /// `count` bytes follow the end.
  static func trailingBytes(_ count: Int) -> Self { .init(kind: .trailingBytes(count)) }
  /// A frame does not say how many bytes it holds.
  static let sizeUnknown = CompressionError(kind: .sizeUnknown)
  /// There are more uncompressed bytes than are allowed: `size`, or at least so many.
  static func tooLarge(_ size: UInt64, limit: Int) -> Self {
    .init(kind: .tooLarge(size, limit: limit))
  }
  /// A frame says that it holds `size` bytes, which is not what was expected.
  static func wrongSize(_ size: UInt64, expected: Int) -> Self {
    .init(kind: .wrongSize(size, expected: expected))
  }
  /// A frame does not hold the `size` bytes that it says it does.
  static func sizeLies(_ size: UInt64) -> Self { .init(kind: .sizeLies(size)) }
  /// The library found a fault, which it calls `fault`.
  static func corrupted(_ fault: String) -> Self { .init(kind: .corrupted(fault)) }

  /// Stable snake_case name of the case.
  public var reason: String {
    switch kind {
    case .foreign: "compression_foreign"
    case .truncated: "compression_truncated"
    case .trailingBytes: "compression_trailing_bytes"
    case .sizeUnknown: "compression_size_unknown"
    case .tooLarge: "compression_too_large"
    case .wrongSize: "compression_wrong_size"
    case .sizeLies: "compression_size_lies"
    case .corrupted: "compression_corrupted"
    }
  }

  public var description: String {
    switch kind {
    case .foreign(let format): "this is no \(format.rawValue)"
    case .truncated: "the compressed bytes end too early"
    case .trailingBytes(let count): "\(count) bytes follow the end of the compressed bytes"
    case .sizeUnknown: "the compressed bytes do not say how large their content is"
    case .tooLarge(let size, let limit): "\(size) uncompressed bytes, at most \(limit) are allowed"
    case .wrongSize(let size, let expected):
      "the content is said to have \(size) bytes, not \(expected)"
    case .sizeLies(let size): "the content has not the \(size) bytes that it is said to have"
    case .corrupted(let fault): "the compressed bytes are damaged: \(fault)"
    }
  }
}

/// A format of compressed bytes.
public enum CompressionFormat: String, Sendable, Hashable, CaseIterable {
  /// RFC 8878.
  case zstd
  /// RFC 1952.
  case gzip
  /// RFC 1950.
  case zlib
}
