import CZstd

/// Frames that refer to bytes both sides have: a *prefix*, as if it stood before the content. What
/// the content has in common with it costs next to nothing (`zstd --patch-from`).
extension ZstdCompressor {
  /// The frame of `bytes` after `prefix`, found also over long distances; it can be read only with
  /// the same prefix. Nil if both have more than 2^`CompressionLimits.prefixWindowLogMax` bytes
  /// together.
  public func frame(of bytes: [UInt8], after prefix: [UInt8]) -> [UInt8]? {
    guard let log = ZstdPrefix.windowLog(prefix.count, bytes.count) else { return nil }
    ZSTD_CCtx_reset(context, ZSTD_reset_session_only)
    set(ZSTD_c_windowLog, log)
    set(ZSTD_c_enableLongDistanceMatching, 1)
    defer {
      // Frames without a prefix are to be as ever. Parameters change only between sessions.
      ZSTD_CCtx_reset(context, ZSTD_reset_session_only)
      set(ZSTD_c_windowLog, 0)
      set(ZSTD_c_enableLongDistanceMatching, 0)
    }
    let room = ZSTD_compressBound(bytes.count)
    return [UInt8](unsafeUninitializedCapacity: room) { target, count in
      prefix.withUnsafeBytes { prefix in
        let status = ZSTD_CCtx_refPrefix(context, prefix.baseAddress, prefix.count)
        precondition(ZSTD_isError(status) == 0, "zstd takes no prefix of \(prefix.count) bytes")
        count = bytes.withUnsafeBytes {
          ZSTD_compress2(context, target.baseAddress, room, $0.baseAddress, $0.count)
        }
      }
      precondition(ZSTD_isError(count) == 0, "zstd failed with room for all")
    }
  }
}

extension ZstdDecompressor {
  /// The content of the one frame that `bytes` are, made after `prefix`. Bounded like that of a
  /// frame without one. With another prefix the frame's checksum does not agree, or its content is
  /// another one: compare a hash of it.
  public func content(
    of bytes: [UInt8], after prefix: [UInt8], _ size: Size
  ) throws(CompressionError) -> [UInt8] {
    try prefix.withUnsafeBufferPointer { (prefix) throws(CompressionError) in
      try content(of: bytes, size) { context in
        ZSTD_DCtx_reset(context, ZSTD_reset_session_only)
        return ZSTD_DCtx_refPrefix(context, prefix.baseAddress, prefix.count)
      }
    }
  }
}

enum ZstdPrefix {
  /// The smallest window of zstd (`ZSTD_WINDOWLOG_MIN`).
  private static let windowLogMin = 10

  /// The window in which all of the prefix can be reached from the last byte, nil if there is none.
  static func windowLog(_ prefix: Int, _ content: Int) -> Int32? {
    let bytes = prefix + content
    let log = max(windowLogMin, Int.bitWidth - max(1, bytes - 1).leadingZeroBitCount)
    return log <= CompressionLimits.prefixWindowLogMax ? Int32(log) : nil
  }
}
