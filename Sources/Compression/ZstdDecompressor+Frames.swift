import CZstd

extension ZstdDecompressor {
  /// Bytes of the frame that `bytes` begin with; more may follow. Nothing is uncompressed.
  public static func frameBytes(at bytes: ArraySlice<UInt8>) throws(CompressionError) -> Int {
    try bytes.withUnsafeBufferPointer { (frame) throws(CompressionError) in
      let raw = UnsafeRawBufferPointer(frame)
      try checkMagic(of: raw)
      return try frameBytes(of: raw)
    }
  }
}
