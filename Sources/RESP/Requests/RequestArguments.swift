/// Where one argument of a request lies, in bytes from the request's begin.
@frozen
public struct ArgumentRange: Sendable, Hashable {
  public var offset: UInt32
  public var count: UInt32

  @inlinable
  public init(offset: UInt32, count: UInt32) {
    self.offset = offset
    self.count = count
  }
}

/// The arguments of one request, the command's name first. Valid only while the closure runs that
/// was given it: nothing is copied.
@frozen
public struct RequestArguments {
  @usableFromInline let base: UnsafeRawPointer
  @usableFromInline let ranges: UnsafeBufferPointer<ArgumentRange>

  @inlinable
  public init(base: UnsafeRawPointer, ranges: UnsafeBufferPointer<ArgumentRange>) {
    self.base = base
    self.ranges = ranges
  }

  /// Number of arguments; 1 or more.
  @inlinable
  public var count: Int { ranges.count }

  /// The bytes of an argument. Never without an address, also if there are none.
  @inlinable
  public subscript(index: Int) -> UnsafeRawBufferPointer {
    let range = ranges[index]
    return UnsafeRawBufferPointer(start: base + Int(range.offset), count: Int(range.count))
  }

  /// A copy of the bytes.
  public func bytes(_ index: Int) -> [UInt8] { Array(self[index]) }

  /// The bytes as text; what is no UTF-8 is replaced.
  public func text(_ index: Int) -> String { String(decoding: self[index], as: UTF8.self) }
}
