import CRDT
import Compression
import Primitives

/// Writes and reads the items of a push. Keeps the memory that compression needs.
///
/// An item: a byte, 1 to 4: an effect in its stored form (`StoredEffect`); 16: a large value
/// (`LargeValue`); 17: a dead record, its key as a byte string and its version.
package final class PushCodec {
  private static let large: UInt8 = 16
  private static let gone: UInt8 = 17
  private static let level = 1

  private let compressor = ZstdCompressor(level: PushCodec.level)
  private let decompressor = ZstdDecompressor()

  package init() {}

  /// Appends an item.
  package static func append(_ item: PushItem, to bytes: inout [UInt8]) {
    switch item {
    case .effect(let effect): StoredEffect.append(effect, to: &bytes)
    case .large(let value):
      bytes.append(large)
      bytes += value.wireBytes
    case .gone(let key, let version):
      var encoder = WireEncoder()
      encoder.append(key)
      encoder.append(version)
      bytes.append(gone)
      bytes += encoder.bytes
    }
  }

  /// The body of a push: compressed where that makes it smaller.
  package func body(_ items: [UInt8]) -> (isCompressed: Bool, body: [UInt8]) {
    guard items.count >= KeyValueLimits.compressedBytesMin else { return (false, items) }
    let frame = compressor.frame(of: items)
    return frame.count < items.count ? (true, frame) : (false, items)
  }

  /// The items of a push.
  package func items(of push: PushRequest) throws(WireError) -> [PushItem] {
    var bytes = push.body
    if push.isCompressed {
      do throws(CompressionError) {
        bytes = try decompressor.content(of: bytes, .atMost(KeyValueLimits.pushBodyBytesMax))
      } catch { throw .invalidValue("no body of a push: \(error)", at: 0) }
    }
    var decoder = WireDecoder(bytes)
    var items: [PushItem] = []
    while decoder.remaining > 0 {
      guard items.count < KeyValueLimits.pushItemsMax else {
        throw .lengthTooLarge(
          UInt64(items.count + 1), limit: KeyValueLimits.pushItemsMax, at: decoder.offset)
      }
      items.append(try Self.item(bytes, &decoder))
    }
    return items
  }

  private static func item(
    _ bytes: [UInt8], _ decoder: inout WireDecoder
  ) throws(WireError) -> PushItem {
    let start = decoder.offset
    switch bytes[start] {
    case large:
      _ = try decoder.byte()
      return .large(try decoder.value())
    case gone:
      _ = try decoder.byte()
      let key = try decoder.bytes(limit: KeyValueLimits.keyBytesMax)
      guard !key.isEmpty else { throw .invalidValue("a key has no bytes", at: start) }
      return .gone(key: key, version: try decoder.value())
    default:
      let effect = try StoredEffect.read(&decoder)
      guard effect.version != nil else {
        throw .invalidCase(UInt64(bytes[start]), of: "PushItem", at: start)
      }
      return .effect(effect)
    }
  }
}
