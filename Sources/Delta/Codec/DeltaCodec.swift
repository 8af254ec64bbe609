import Compression
import Primitives

/// Writes and reads deltas: as they are, with zstd, or with zstd and a dictionary that was made
/// from earlier ones, whichever is shortest.
///
/// Not thread-safe: the owner guards it.
public final class DeltaCodec {
  static let level = 3
  /// Bytes before a frame with a dictionary.
  static let headBytes = 9

  private let compressor = ZstdCompressor(level: DeltaCodec.level)
  private let decompressor = ZstdDecompressor()
  private var trainer = DictionaryTrainer()
  /// How many peers a dictionary would have to be sent to.
  public var receivers: Int
  /// Made from own deltas; nil as long as none is worth sending.
  public private(set) var dictionary: DeltaDictionary?
  /// What was measured when it was taken.
  public private(set) var trial: DictionaryTrial?

  public init(receivers: Int = 1) { self.receivers = max(1, receivers) }

  /// A delta on the wire.
  public struct Encoded: Sendable, Hashable {
    public let bytes: [UInt8]
    public let compression: DeltaCompression
  }

  /// - Parameter isPlain: whether the one who gets it can have no dictionary.
  public func encode(_ delta: Delta, isPlain: Bool = false) -> Encoded {
    var encoder = WireEncoder()
    let start = delta.encodeBody(to: &encoder)
    let body = encoder.bytes
    if !isPlain {
      trainer.note(body)
      if trainer.isDue,
        let best = trainer.best(over: dictionary, receivers: receivers, compressor)
      {
        dictionary = best.dictionary
        trial = best.trial
      }
    }
    let dictionaries = isPlain ? [] : [dictionary].compactMap { $0 }
    let bytes = Self.smallest(
      of: body, dictionaries, compressor,
      blockAt: start >= DeltaLimits.ownBlockBytesMin ? start : nil)
    let compression: DeltaCompression =
      switch bytes[0] {
      case Form.zstd.rawValue: .zstd
      case Form.dictionary.rawValue: dictionary.map { .dictionary($0.id) } ?? .zstd
      default: .none
      }
    return Encoded(bytes: bytes, compression: compression)
  }

  private enum Form: UInt8 {
    case plain = 0
    case zstd = 1
    case dictionary = 2
  }

  /// The shortest form of a body.
  static func smallest(
    of body: [UInt8], _ dictionaries: [DeltaDictionary], _ zstd: ZstdCompressor,
    blockAt start: Int? = nil
  ) -> [UInt8] {
    var best = [Form.plain.rawValue] + body
    let frame = zstd.frame(of: body, blocksAt: start.map { [$0] } ?? [])
    if frame.count + 1 < best.count { best = [Form.zstd.rawValue] + frame }
    for dictionary in dictionaries {
      let frame = zstd.frame(of: body, with: dictionary.zstd)
      guard frame.count + headBytes < best.count else { continue }
      var encoder = WireEncoder(capacity: frame.count + headBytes)
      encoder.append(byte: Form.dictionary.rawValue)
      encoder.append(dictionary.id)
      encoder.append(raw: frame)
      best = encoder.bytes
    }
    return best
  }

  /// Reads a delta that was made with one of these dictionaries, or none. Throws
  /// `unknownDictionary` if it was another one. What it allocates is bounded by
  /// `DeltaLimits.bodyBytesMax`, whatever the bytes say.
  public func decode(
    _ bytes: [UInt8], _ dictionaries: DictionaryShelf = DictionaryShelf()
  ) throws(DeltaError) -> Delta {
    var decoder = WireDecoder(bytes)
    let form = try reading { () throws(WireError) in try decoder.byte() }
    switch Form(rawValue: form) {
    case .plain?:
      guard decoder.remaining <= DeltaLimits.bodyBytesMax else {
        throw .tooLarge("bytes of a delta", limit: DeltaLimits.bodyBytesMax)
      }
      return try delta(of: Array(bytes.dropFirst()), .none)
    case .zstd?:
      return try delta(of: content(of: Array(bytes.dropFirst()), with: nil), .zstd)
    case .dictionary?:
      let id = try reading { () throws(WireError) in try decoder.value(DictionaryID.self) }
      guard let dictionary = dictionaries[id] else { throw .unknownDictionary(id) }
      let frame = Array(bytes.dropFirst(Self.headBytes))
      return try delta(of: content(of: frame, with: dictionary), .dictionary(id))
    case nil: throw .malformed(.invalidCase(UInt64(form), of: "Delta", at: 0))
    }
  }

  private func delta(
    of body: [UInt8], _ compression: DeltaCompression
  ) throws(DeltaError) -> Delta {
    let delta = try reading { () throws(WireError) in try Delta(wireBytes: body) }
    return Delta(delta.operations, compression: compression)
  }

  private func content(
    of frame: [UInt8], with dictionary: DeltaDictionary?
  ) throws(DeltaError) -> [UInt8] {
    let size = ZstdDecompressor.Size.atMost(DeltaLimits.bodyBytesMax)
    do throws(CompressionError) {
      guard let dictionary else { return try decompressor.content(of: frame, size) }
      return try decompressor.content(of: frame, with: dictionary.zstd, size)
    } catch { throw .compression(error) }
  }

  private func reading<Output>(
    _ body: () throws(WireError) -> Output
  ) throws(DeltaError) -> Output {
    do throws(WireError) { return try body() } catch { throw .malformed(error) }
  }

  // MARK: Dictionaries on the wire

  /// A dictionary as it is sent.
  public func frame(of dictionary: DeltaDictionary) -> [UInt8] {
    compressor.frame(of: dictionary.bytes)
  }

  /// The dictionary of this name in a frame.
  public func dictionary(
    _ id: DictionaryID, in frame: [UInt8]
  ) throws(DeltaError) -> DeltaDictionary {
    let bytes: [UInt8]
    do throws(CompressionError) {
      bytes = try decompressor.content(of: frame, .atMost(DeltaLimits.dictionaryBytesMax))
    } catch { throw .compression(error) }
    guard DictionaryID(of: bytes) == id, let dictionary = DeltaDictionary(bytes) else {
      throw .badDictionary(id)
    }
    return dictionary
  }
}

extension DictionaryID: WireCodable {
  /// Eight bytes, the most significant first.
  public init(from decoder: inout WireDecoder) throws(WireError) {
    bits = try decoder.raw(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  public func encode(to encoder: inout WireEncoder) {
    withUnsafeBytes(of: bits.bigEndian) { encoder.append(raw: $0) }
  }
}
