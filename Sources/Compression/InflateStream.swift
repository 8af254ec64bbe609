import CZlib

/// Reads one gzip member (RFC 1952) or zlib stream (RFC 1950) of any length from pieces of it.
///
/// Not thread-safe: the owner guards it.
public final class InflateStream {
  private let format: DeflateFormat
  private let limit: Int
  private var stream: ZlibStream
  private var input: [UInt8] = []
  /// Bytes of `input` that are used.
  private var used = 0
  private var failure: CompressionError?
  /// Uncompressed bytes given out so far.
  public private(set) var count = 0
  /// True once the end of the stream was read.
  public private(set) var isEnded = false

  /// - Parameter limit: uncompressed bytes at most; more of them are an error.
  public init(_ format: DeflateFormat, limit: Int) {
    self.format = format
    self.limit = limit
    stream = ZlibStream()
    let status = inflateInit2_(
      stream.state, format.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "no memory for zlib (\(status))")
  }

  deinit {
    inflateEnd(stream.state)
    stream.state.deallocate()
  }

  /// Takes the next bytes of the stream; all that came before must have been given out.
  public func feed(_ bytes: [UInt8]) {
    precondition(used == input.count, "\(input.count - used) bytes of the stream are not used")
    input = bytes
    used = 0
  }

  /// The next uncompressed bytes, at most `CompressionLimits.pieceBytes`; none if the stream must
  /// be fed or has ended. Throws also when bytes follow its end; an error is thrown again.
  public func next() throws(CompressionError) -> [UInt8] {
    if let failure { throw failure }
    do throws(CompressionError) {
      let piece = try step()
      count += piece.count
      guard count <= limit else { throw .tooLarge(UInt64(count), limit: limit) }
      return piece
    } catch {
      failure = error
      throw error
    }
  }

  private func step() throws(CompressionError) -> [UInt8] {
    if isEnded {
      guard used == input.count else { throw .trailingBytes(input.count - used) }
      return []
    }
    let (piece, status) = input.withUnsafeBytes { bytes in
      stream.setInput(UnsafeRawBufferPointer(rebasing: bytes[used...]))
      let result = stream.step { inflate($0, Z_NO_FLUSH) }
      used = bytes.count - stream.unused
      return result
    }
    switch status {
    // `Z_BUF_ERROR` says that there was nothing to do.
    case Z_OK, Z_BUF_ERROR: return piece
    case Z_STREAM_END:
      isEnded = true
      // Who is given nothing asks for no more.
      if piece.isEmpty, used < input.count { throw .trailingBytes(input.count - used) }
      return piece
    default:
      let message = stream.state.pointee.msg.map { String(cString: $0) } ?? "error \(status)"
      // zlib's word for a first byte that no stream of this kind begins with.
      throw message == "incorrect header check" ? .foreign(format.format) : .corrupted(message)
    }
  }

  /// To be called when there are no more bytes: throws unless the stream has ended.
  public func finish() throws(CompressionError) {
    if let failure { throw failure }
    guard used == input.count else { throw .trailingBytes(input.count - used) }
    guard isEnded else { throw .truncated }
  }
}
