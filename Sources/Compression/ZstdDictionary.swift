import CZstd

/// What many small contents have in common, made from samples of them (zstd's dictionary format,
/// RFC 8878 section 5): tables of symbols and bytes that stand before each content.
///
/// Never changes, so it can be used from any thread.
public final class ZstdDictionary: @unchecked Sendable {
  /// What both sides must have.
  public let bytes: [UInt8]
  fileprivate let writing: OpaquePointer
  fileprivate let reading: OpaquePointer

  /// Nil if these are not the bytes of a trained dictionary, or more than
  /// `CompressionLimits.dictionaryBytesMax`.
  /// - Parameter level: at which frames are made with it.
  public init?(_ bytes: [UInt8], level: Int) {
    precondition(ZstdCompressor.levels.contains(level), "zstd has no level \(level)")
    // Without its head zstd would take any bytes for content.
    guard bytes.count <= CompressionLimits.dictionaryBytesMax,
      ZDICT_getDictID(bytes, bytes.count) != 0
    else { return nil }
    guard let writing = ZSTD_createCDict(bytes, bytes.count, Int32(level)) else { return nil }
    guard let reading = ZSTD_createDDict(bytes, bytes.count) else {
      ZSTD_freeCDict(writing)
      return nil
    }
    self.bytes = bytes
    self.writing = writing
    self.reading = reading
  }

  deinit {
    ZSTD_freeCDict(writing)
    ZSTD_freeDDict(reading)
  }

  /// The bytes of a dictionary made from `samples`, of which the first ones are taken up to
  /// `CompressionLimits.sampleBytesMax`; nil if zstd finds too little that they have in common. The
  /// same samples give the same dictionary.
  /// - Parameter bytesMax: that it may have.
  public static func trained(on samples: [[UInt8]], bytesMax: Int) -> [UInt8]? {
    let room = min(bytesMax, CompressionLimits.dictionaryBytesMax)
    guard room >= leastBytes else { return nil }
    var all: [UInt8] = []
    var sizes: [Int] = []
    for sample in samples where !sample.isEmpty {
      if all.count + sample.count > CompressionLimits.sampleBytesMax { break }
      all += sample
      sizes.append(sample.count)
    }
    var failed = sizes.isEmpty
    let made = [UInt8](unsafeUninitializedCapacity: room) { target, count in
      guard !failed else { return }
      let status = ZDICT_trainFromBuffer(
        target.baseAddress, room, all, sizes, UInt32(sizes.count))
      failed = ZDICT_isError(status) != 0
      count = failed ? 0 : status
    }
    return failed ? nil : made
  }

  /// The least that zstd makes a dictionary in (`ZDICT_DICTSIZE_MIN`).
  private static let leastBytes = 256
}

extension ZstdCompressor {
  /// The frame of `bytes` at the level of `dictionary`, which whoever reads it must have. It does
  /// not say which dictionary it was made with.
  public func frame(of bytes: [UInt8], with dictionary: ZstdDictionary) -> [UInt8] {
    ZSTD_CCtx_reset(context, ZSTD_reset_session_only)
    set(ZSTD_c_dictIDFlag, 0)
    ZSTD_CCtx_refCDict(context, dictionary.writing)
    defer {
      ZSTD_CCtx_reset(context, ZSTD_reset_session_only)
      ZSTD_CCtx_refCDict(context, nil)
      set(ZSTD_c_dictIDFlag, 1)
    }
    let room = ZSTD_compressBound(bytes.count)
    return [UInt8](unsafeUninitializedCapacity: room) { target, count in
      count = bytes.withUnsafeBytes {
        ZSTD_compress2(context, target.baseAddress, room, $0.baseAddress, $0.count)
      }
      precondition(ZSTD_isError(count) == 0, "zstd failed with room for all")
    }
  }
}

extension ZstdDecompressor {
  /// The content of the one frame that `bytes` are, made with `dictionary`. Bounded like that of a
  /// frame without one. With another dictionary it is refused, since its checksum does not agree.
  public func content(
    of bytes: [UInt8], with dictionary: ZstdDictionary, _ size: Size
  ) throws(CompressionError) -> [UInt8] {
    defer { ZSTD_DCtx_refDDict(context, nil) }
    return try content(of: bytes, size) { context in
      ZSTD_DCtx_reset(context, ZSTD_reset_session_only)
      return ZSTD_DCtx_refDDict(context, dictionary.reading)
    }
  }
}
