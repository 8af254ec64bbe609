import Primitives

/// The part of a set that one Bloom filter is of: ids whose first bits are the part's number.
struct IDPart: Sendable, Hashable {
  /// How many first bits; there are 2^bits parts.
  let bits: Int
  let number: Int

  /// First eight bytes of the ids of the part.
  var range: ClosedRange<UInt64> {
    guard bits > 0 else { return 0...(.max) }
    let first = UInt64(number) << UInt64(64 - bits)
    return first...(first | UInt64.max >> UInt64(bits))
  }

  /// Bits for parts of some `aim` of `items` ids.
  static func bits(items: Int, aim: Int) -> Int {
    var bits = 0
    while (items >> bits) > max(aim, 1), 1 << bits < ReconciliationLimits.filterPartsMax {
      bits += 1
    }
    return bits
  }
}

/// What a comparison by Bloom filters asks for. Tag 0: ids of a part that are not in a filter; then
/// the salt as 16 bytes, bits and number of the part as varints, the filter. Tag 1: coded symbols;
/// then a `SymbolRequest`.
enum BloomRequest: WireCodable {
  case ids(of: IDPart, notIn: BlockedBloomFilter)
  case symbols([UInt8])

  func encode(to encoder: inout WireEncoder) {
    switch self {
    case .ids(let part, let filter):
      encoder.append(byte: 0)
      encoder.append(filter.salt)
      encoder.append(count: part.bits)
      encoder.append(count: part.number)
      filter.encode(to: &encoder)
    case .symbols(let request):
      encoder.append(byte: 1)
      encoder.append(raw: request)
    }
  }

  init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    switch try decoder.byte() {
    case 0:
      let salt = try decoder.salt()
      let offset = decoder.offset
      let (bits, number) = (try decoder.uint32(), try decoder.uint32())
      let most = ReconciliationLimits.filterPartsMax.trailingZeroBitCount
      guard bits <= most, number < 1 << bits else {
        throw .invalidValue("there is no part \(number) of 2^\(bits) parts", at: offset)
      }
      self = .ids(
        of: IDPart(bits: Int(bits), number: Int(number)),
        notIn: try BlockedBloomFilter(from: &decoder, salt: salt))
    case 1: self = .symbols(Array(try decoder.raw(decoder.remaining)))
    case let tag: throw .invalidCase(UInt64(tag), of: "BloomRequest", at: start)
    }
  }
}

/// The answer to a Bloom filter. Tag 0: the part has too many ids, then a varint of the ids of the
/// whole set. Tag 1: the same varint, the filter of the part's ids, and a list of those that are
/// not in the other side's.
enum BloomAnswer {
  case tooMany(of: Int)
  case ids([RecordID], filter: BlockedBloomFilter, of: Int)

  var wireBytes: [UInt8] {
    var encoder = WireEncoder()
    switch self {
    case .tooMany(let items):
      encoder.append(byte: 0)
      encoder.append(count: items)
    case .ids(let ids, let filter, let items):
      encoder.append(byte: 1)
      encoder.append(count: items)
      filter.encode(to: &encoder)
      encoder.append(count: ids.count)
      encoder.reserve(RecordID.byteCount * ids.count)
      for id in ids { id.encode(to: &encoder) }
    }
    return encoder.bytes
  }

  init(_ bytes: [UInt8], salt: SipKey) throws(WireError) {
    var decoder = WireDecoder(bytes)
    if try decoder.flag(of: "BloomAnswer") {
      let items = try decoder.sketchedItems()
      let filter = try BlockedBloomFilter(from: &decoder, salt: salt)
      let count = try decoder.count(
        elementBytes: RecordID.byteCount, limit: ReconciliationLimits.filterAnswerIDsMax)
      let bytes = try decoder.raw(RecordID.byteCount * count)
      let ids = bytes.withUnsafeBytes { bytes in
        (0..<count).map { place in
          let start = RecordID.byteCount * place
          return RecordID(
            high: UInt64(
              bigEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)),
            low: UInt64(
              bigEndian: bytes.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self)))
        }
      }
      self = .ids(ids, filter: filter, of: items)
    } else {
      self = .tooMany(of: try decoder.sketchedItems())
    }
    try decoder.finish()
  }
}
