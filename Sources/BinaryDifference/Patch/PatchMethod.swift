/// How a value is sent to somebody who may have an older one.
public enum PatchMethod: UInt8, Sendable, Hashable, CaseIterable {
  /// The value as it is.
  case plain = 0
  /// The value as a zstd frame.
  case compressed = 1
  /// A zstd frame that refers to the base.
  case zstdWithBase = 2
  /// Copies and inserts in a zstd frame.
  case copyInsert = 3

  /// True if the receiver must have the base.
  public var needsBase: Bool { self == .zstdWithBase || self == .copyInsert }

  /// Nanoseconds of one core for each byte of base and target, to make and to apply: estimates of
  /// `difference-peer measure`.
  var nanosecondsPerByte: Double {
    switch self {
    case .plain: 0
    case .compressed: 8
    case .zstdWithBase: 2
    case .copyInsert: 8
    }
  }
}
