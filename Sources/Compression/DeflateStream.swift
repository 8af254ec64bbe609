import CZlib

/// Compresses a stream of any length to the formats gzip (RFC 1952, without name and time) or zlib
/// (RFC 1950). The same bytes and level give the same stream with the same library.
///
/// Not thread-safe: the owner guards it.
public final class DeflateStream {
  /// The levels that the library has; 0 only wraps.
  public static let levels = 0...9

  private var stream: ZlibStream

  /// - Parameter level: one of `levels`; a higher one takes longer and gives fewer bytes.
  public init(_ format: DeflateFormat, level: Int) {
    precondition(Self.levels.contains(level), "zlib has no level \(level)")
    stream = ZlibStream()
    let status = deflateInit2_(
      stream.state, Int32(level), Z_DEFLATED, format.windowBits, Self.memoryLevel,
      Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "no memory for zlib (\(status))")
  }

  deinit {
    deflateEnd(stream.state)
    stream.state.deallocate()
  }

  /// zlib's own default.
  private static let memoryLevel: Int32 = 8

  /// Adds `bytes` and gives what is ready of the stream, perhaps nothing.
  public func append(_ bytes: [UInt8]) -> [UInt8] { run(bytes, Z_NO_FLUSH) }

  /// Ends the stream and gives the rest of it. Nothing can be added afterwards.
  public func finish() -> [UInt8] { run([], Z_FINISH) }

  private func run(_ bytes: [UInt8], _ flush: Int32) -> [UInt8] {
    var made: [UInt8] = []
    bytes.withUnsafeBytes { source in
      stream.setInput(source)
      while true {
        let (piece, status) = stream.step { deflate($0, flush) }
        precondition(status != Z_STREAM_ERROR, "zlib's stream was ended before")
        made += piece
        // Room that was left shows that there is no more to give.
        if piece.count < CompressionLimits.pieceBytes { break }
      }
    }
    return made
  }
}

/// What stands around a deflated stream.
public enum DeflateFormat: String, Sendable, Hashable, CaseIterable {
  /// RFC 1952.
  case gzip
  /// RFC 1950.
  case zlib

  /// The largest window, and the wrapper in zlib's own way.
  var windowBits: Int32 { self == .gzip ? 15 + 16 : 15 }

  var format: CompressionFormat { self == .gzip ? .gzip : .zlib }
}

/// zlib's stream, at one place in memory as the library demands.
struct ZlibStream {
  let state: UnsafeMutablePointer<z_stream>

  init() {
    state = .allocate(capacity: 1)
    state.initialize(to: z_stream())
  }

  /// `source` must stay until all of it is used.
  func setInput(_ source: UnsafeRawBufferPointer) {
    let bytes = source.bindMemory(to: UInt8.self)
    state.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
    state.pointee.avail_in = UInt32(bytes.count)
  }

  /// Input that is not used.
  var unused: Int { Int(state.pointee.avail_in) }

  /// Lets the library write at most one piece.
  func step(
    _ body: (UnsafeMutablePointer<z_stream>) -> Int32
  ) -> (piece: [UInt8], status: Int32) {
    var status = Z_OK
    let room = CompressionLimits.pieceBytes
    let piece = [UInt8](unsafeUninitializedCapacity: room) { target, count in
      state.pointee.next_out = target.baseAddress
      state.pointee.avail_out = UInt32(room)
      status = body(state)
      count = room - Int(state.pointee.avail_out)
    }
    return (piece, status)
  }
}
