import CZstd

/// Reads Zstandard frames (RFC 8878), one after another with the same memory.
///
/// Not thread-safe: the owner guards it.
public final class ZstdDecompressor {
  /// How many uncompressed bytes there may be.
  public enum Size: Sendable, Hashable {
    case exactly(Int)
    case atMost(Int)
  }

  let context: OpaquePointer

  public init() {
    guard let context = ZSTD_createDCtx() else { preconditionFailure("no memory for zstd") }
    self.context = context
  }

  deinit { ZSTD_freeDCtx(context) }

  /// The content of the one frame that `bytes` are. It must say how many bytes it holds: nothing is
  /// allocated before that is compared with `size`.
  public func content(of bytes: [UInt8], _ size: Size) throws(CompressionError) -> [UInt8] {
    try content(of: bytes, size, setUp: { _ in 0 })
  }

  /// - Parameter setUp: prepares the context for this frame and gives the library's status.
  func content(
    of bytes: [UInt8], _ size: Size, setUp: (OpaquePointer) -> Int
  ) throws(CompressionError) -> [UInt8] {
    let said = try bytes.withUnsafeBufferPointer { (frame) throws(CompressionError) in
      try Self.contentSize(of: UnsafeRawBufferPointer(frame))
    }
    switch size {
    case .exactly(let expected):
      guard said == UInt64(expected) else { throw .wrongSize(said, expected: expected) }
    case .atMost(let limit):
      guard said <= UInt64(limit) else { throw .tooLarge(said, limit: limit) }
    }
    var status = setUp(context)
    precondition(ZSTD_isError(status) == 0, "zstd cannot begin: \(Self.name(status))")
    let content = [UInt8](unsafeUninitializedCapacity: Int(said)) { target, count in
      status = bytes.withUnsafeBytes { frame in
        ZSTD_decompressDCtx(context, target.baseAddress, Int(said), frame.baseAddress, frame.count)
      }
      count = ZSTD_isError(status) == 0 ? status : 0
    }
    if ZSTD_isError(status) != 0 {
      throw ZSTD_getErrorCode(status) == ZSTD_error_dstSize_tooSmall
        ? .sizeLies(said) : .corrupted(Self.name(status))
    }
    guard UInt64(content.count) == said else { throw .sizeLies(said) }
    return content
  }

  /// What the frame says of its content, once it is known to end where `frame` does.
  private static func contentSize(
    of frame: UnsafeRawBufferPointer
  ) throws(CompressionError) -> UInt64 {
    try checkMagic(of: frame)
    let end = try frameBytes(of: frame)
    guard end == frame.count else { throw .trailingBytes(frame.count - end) }
    let said = ZSTD_getFrameContentSize(frame.baseAddress, frame.count)
    // The two highest numbers say that there is none, and that the head is damaged.
    guard said < UInt64.max - 1 else { throw .sizeUnknown }
    return said
  }

  static func checkMagic(of frame: UnsafeRawBufferPointer) throws(CompressionError) {
    guard frame.count >= 4 else { throw frame.isEmpty ? .truncated : .foreign(.zstd) }
    guard frame.loadUnaligned(as: UInt32.self).littleEndian == magic else { throw .foreign(.zstd) }
  }

  /// Where the frame at the begin of `frame` ends.
  static func frameBytes(of frame: UnsafeRawBufferPointer) throws(CompressionError) -> Int {
    let end = ZSTD_findFrameCompressedSize(frame.baseAddress, frame.count)
    if ZSTD_isError(end) != 0 {
      throw ZSTD_getErrorCode(end) == ZSTD_error_srcSize_wrong
        ? .truncated : .corrupted(name(end))
    }
    return end
  }

  /// What every frame begins with; other magic numbers stand for what is to be left out.
  private static let magic: UInt32 = 0xfd2f_b528

  private static func name(_ status: Int) -> String {
    String(cString: ZSTD_getErrorName(status))
  }
}
