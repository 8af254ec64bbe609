import CZstd

/// Makes Zstandard frames (RFC 8878), one after another with the same memory. Each says how many
/// bytes it holds and has a checksum of them.
///
/// Not thread-safe: the owner guards it.
public final class ZstdCompressor {
  /// The levels that the library has.
  public static let levels = 1...19

  let context: OpaquePointer

  /// - Parameter level: one of `levels`; a higher one takes longer and gives fewer bytes.
  public init(level: Int) {
    precondition(Self.levels.contains(level), "zstd has no level \(level)")
    guard let context = ZSTD_createCCtx() else { preconditionFailure("no memory for zstd") }
    self.context = context
    set(ZSTD_c_compressionLevel, Int32(level))
    set(ZSTD_c_checksumFlag, 1)
  }

  deinit { ZSTD_freeCCtx(context) }

  /// The frame of `bytes`. A new block of the frame begins at each of the ascending offsets
  /// `starts`: what has symbols of its own is better not mixed with other bytes.
  public func frame(of bytes: [UInt8], blocksAt starts: [Int] = []) -> [UInt8] {
    ZSTD_CCtx_reset(context, ZSTD_reset_session_only)
    ZSTD_CCtx_setPledgedSrcSize(context, UInt64(bytes.count))
    // Each further block has a head of its own.
    let room = ZSTD_compressBound(bytes.count) + starts.count * Self.blockRoom
    return [UInt8](unsafeUninitializedCapacity: room) { target, count in
      var output = ZSTD_outBuffer(dst: target.baseAddress, size: room, pos: 0)
      bytes.withUnsafeBytes { source in
        var input = ZSTD_inBuffer(src: source.baseAddress, size: 0, pos: 0)
        for end in starts where end > input.pos && end < bytes.count {
          input.size = end
          step(&output, &input, ZSTD_e_flush)
        }
        input.size = bytes.count
        step(&output, &input, ZSTD_e_end)
      }
      count = output.pos
    }
  }

  /// Bytes that a block has at most besides its content.
  private static let blockRoom = 32

  private func step(
    _ output: inout ZSTD_outBuffer, _ input: inout ZSTD_inBuffer, _ end: ZSTD_EndDirective
  ) {
    let left = ZSTD_compressStream2(context, &output, &input, end)
    precondition(left == 0, "zstd left \(left) with room for all")
  }

  func set(_ parameter: ZSTD_cParameter, _ value: Int32) {
    let status = ZSTD_CCtx_setParameter(context, parameter, value)
    precondition(ZSTD_isError(status) == 0, "zstd takes no \(value) for \(parameter)")
  }
}
