import Primitives
import StateTrie

extension RawPiece {
  /// The chunk whose raw form `bytes` are. Throws for anything that `RawPiece(_:)` would not have
  /// written, with its place.
  public static func chunk(of bytes: [UInt8]) throws(WireError) -> TrieChunk {
    guard bytes.count <= SnapshotLimits.pieceBytesMax else {
      throw .lengthTooLarge(
        UInt64(bytes.count), limit: SnapshotLimits.pieceBytesMax, at: 0)
    }
    var decoder = PieceDecoder(bytes)
    return try decoder.chunk()
  }
}

struct PieceDecoder {
  private var wire: WireDecoder

  init(_ bytes: [UInt8]) { wire = WireDecoder(bytes) }

  mutating func chunk() throws(WireError) -> TrieChunk {
    guard try wire.byte() == PieceForm.version else {
      throw .invalidValue("a piece of another form", at: 0)
    }
    let end = try wire.optional(KeyNibbles.self)
    let count = try wire.count(
      elementBytes: PieceForm.headBytes, limit: StateTrieLimits.chunkItemsMax)
    let keys = try keys(count)
    let values = try values(count)
    let items = zip(keys, values).map { TrieItem(key: $0, value: $1) }
    let proof = try proof(last: items.last)
    try wire.finish()
    return TrieChunk(end: end, items: items, proof: proof)
  }

  /// The lengths of `count` > 0 things, each read by `read`.
  private mutating func lengths(
    _ count: Int, _ read: (inout WireDecoder) throws(WireError) -> Int
  ) throws(WireError) -> [Int] {
    let offset = wire.offset
    guard try wire.flag(of: "Lengths") else {
      return [Int](repeating: try read(&wire), count: count)
    }
    var lengths: [Int] = []
    lengths.reserveCapacity(count)
    for _ in 0..<count { lengths.append(try read(&wire)) }
    guard lengths.contains(where: { $0 != lengths[0] }) else {
      throw .invalidValue("equal lengths are listed", at: offset)
    }
    return lengths
  }

  private mutating func keys(_ count: Int) throws(WireError) -> [KeyNibbles] {
    guard count > 0 else { return [] }
    let lengths = try lengths(count) { (wire) throws(WireError) in
      let offset = wire.offset
      let length = Int(try wire.byte())
      guard length <= PrimitiveLimits.keyNibblesMax else {
        throw .lengthTooLarge(UInt64(length), limit: PrimitiveLimits.keyNibblesMax, at: offset)
      }
      return length
    }
    let headOffset = wire.offset
    let heads = try wire.raw(count * PieceForm.headBytes)
    let tailBytes = lengths.reduce(0) { $0 + max(0, ($1 + 1) / 2 - PieceForm.headBytes) }
    let tails = try wire.raw(tailBytes)
    var keys: [KeyNibbles] = []
    keys.reserveCapacity(count)
    var head: UInt64 = 0
    var tail = 0
    // Room for the longest key, and for a head that is longer than its key.
    var bytes = [UInt8](repeating: 0, count: PrimitiveLimits.keyBytesMax)
    for index in 0..<count {
      let (sum, overflow) = head.addingReportingOverflow(
        Self.distance(index, of: count, in: heads))
      guard !overflow else {
        throw .invalidValue("key \(index) is above all keys", at: headOffset + index)
      }
      head = sum
      let byteCount = (lengths[index] + 1) / 2
      let more = max(0, byteCount - PieceForm.headBytes)
      bytes.withUnsafeMutableBytes { target in
        target.storeBytes(of: head.bigEndian, as: UInt64.self)
        tails.withUnsafeBytes { source in
          target[PieceForm.headBytes..<PieceForm.headBytes + more].copyBytes(
            from: UnsafeRawBufferPointer(rebasing: source[tail..<tail + more]))
        }
      }
      tail += more
      let key = bytes.withUnsafeBytes { source in
        source.baseAddress.map { KeyNibbles(loading: $0, nibbles: lengths[index]) } ?? .empty
      }
      guard key.word(0) == head, lengths[index] % 2 == 0 || bytes[byteCount - 1] & 15 == 0 else {
        throw .invalidValue("key \(index) has more nibbles than it says", at: headOffset + index)
      }
      if let last = keys.last, key <= last { throw .keysNotIncreasing(at: headOffset + index) }
      keys.append(key)
    }
    return keys
  }

  private static func distance(
    _ index: Int, of count: Int, in planes: ArraySlice<UInt8>
  ) -> UInt64 {
    planes.withUnsafeBytes { planes in
      var distance: UInt64 = 0
      for plane in 0..<PieceForm.headBytes {
        distance = distance &<< 8 | UInt64(planes[plane * count + index])
      }
      return distance
    }
  }

  private mutating func values(_ count: Int) throws(WireError) -> [[UInt8]] {
    guard count > 0 else { return [] }
    let offset = wire.offset
    let lengths = try lengths(count) { (wire) throws(WireError) in
      let offset = wire.offset
      let length = try wire.varint()
      guard length <= UInt64(StateTrieLimits.valueBytesMax) else {
        throw .lengthTooLarge(length, limit: StateTrieLimits.valueBytesMax, at: offset)
      }
      return Int(length)
    }
    let total = lengths.reduce(0, +)
    guard total <= wire.remaining else {
      throw .lengthTooLarge(UInt64(total), limit: wire.remaining, at: offset)
    }
    let planes = ValuePlanes(lengths: lengths)
    let heads = try wire.raw(planes.headBytes)
    let tails = try wire.raw(total - planes.headBytes)
    var tail = 0
    return heads.withUnsafeBytes { heads in
      tails.withUnsafeBytes { tails in
        lengths.indices.map { index in
          let place = planes.places[index]
          return [UInt8](unsafeUninitializedCapacity: lengths[index]) { target, filled in
            let planed = min(lengths[index], PieceForm.planesMax)
            for byte in 0..<planed { target[byte] = heads[place.first + byte * place.step] }
            for byte in planed..<lengths[index] {
              target[byte] = tails[tail]
              tail += 1
            }
            filled = lengths[index]
          }
        }
      }
    }
  }

  private mutating func proof(last: TrieItem?) throws(WireError) -> TrieProof {
    let count = try wire.count(elementBytes: 5, limit: StateTrieLimits.chunkProofNodesMax)
    var keys: [KeyNibbles] = []
    for _ in 0..<count { keys.append(try wire.value()) }
    var tags: [PieceValueTag] = []
    for index in 0..<count { tags.append(try tag(keys[index], last)) }
    var slots: [UInt16] = []
    for _ in 0..<count {
      slots.append(UInt16(try wire.byte()) << 8 | UInt16(try wire.byte()))
    }
    var suffixes: [[KeyNibbles?]] = []
    for index in 0..<count { suffixes.append(try readSuffixes(slots[index])) }
    var values: [[UInt8]?] = []
    for index in 0..<count { values.append(try value(tags[index], keys[index], last)) }
    let missing = try missingKeys()
    var sealed: [Hash256?] = []
    for tag in tags { sealed.append(tag == .hybridHash ? try wire.hash() : nil) }
    var nodes: [ProofNode] = []
    for index in 0..<count {
      var children: [ProofChild?] = []
      for suffix in suffixes[index] {
        guard let suffix else {
          children.append(nil)
          continue
        }
        children.append(ProofChild(suffix: suffix, hash: try wire.hash()))
      }
      let value = ProofValue(tags[index], values[index], sealed[index])
      nodes.append(ProofNode(key: keys[index], value: value, children: children))
    }
    return TrieProof(nodes: nodes, missingProvenBy: missing)
  }

  private mutating func tag(
    _ key: KeyNibbles, _ last: TrieItem?
  ) throws(WireError) -> PieceValueTag {
    let offset = wire.offset
    let byte = try wire.byte()
    guard let tag = PieceValueTag(rawValue: byte) else {
      throw .invalidCase(UInt64(byte), of: "ProofValue", at: offset)
    }
    guard ![.lastLeaf, .lastHybrid].contains(tag) || last?.key == key else {
      throw .invalidValue("proof node \(key) is not the last item", at: offset)
    }
    return tag
  }

  private mutating func readSuffixes(_ slots: UInt16) throws(WireError) -> [KeyNibbles?] {
    var suffixes: [KeyNibbles?] = []
    for slot in 0..<StateTrieLimits.childrenMax {
      guard slots >> UInt16(StateTrieLimits.childrenMax - 1 - slot) & 1 == 1 else {
        suffixes.append(nil)
        continue
      }
      let short = KeyNibbles.empty.appending(slot)
      let offset = wire.offset
      let isListed = try wire.flag(of: "Suffix")
      let suffix = isListed ? try wire.value() : short
      if isListed, suffix == short {
        throw .invalidValue("a suffix of one nibble is listed", at: offset)
      }
      suffixes.append(suffix)
    }
    return suffixes
  }

  private mutating func value(
    _ tag: PieceValueTag, _ key: KeyNibbles, _ last: TrieItem?
  ) throws(WireError) -> [UInt8]? {
    switch tag {
    case .none, .hybridHash: return nil
    case .lastLeaf, .lastHybrid: return last?.value
    case .leaf, .hybrid:
      let offset = wire.offset
      let value = try wire.bytes(limit: StateTrieLimits.valueBytesMax)
      guard last?.key != key || last?.value != value else {
        throw .invalidValue("the last item's value is listed", at: offset)
      }
      return value
    }
  }

  private mutating func missingKeys() throws(WireError) -> [TrieProof.MissingKey] {
    let count = try wire.count(elementBytes: 4, limit: StateTrieLimits.chunkProofNodesMax)
    var entries: [TrieProof.MissingKey] = []
    for _ in 0..<count {
      let offset = wire.offset
      let entry = TrieProof.MissingKey(key: try wire.value(), provenBy: try wire.value())
      if let last = entries.last, entry.key <= last.key { throw .keysNotIncreasing(at: offset) }
      entries.append(entry)
    }
    return entries
  }
}

extension ProofValue {
  fileprivate init(_ tag: PieceValueTag, _ value: [UInt8]?, _ hash: Hash256?) {
    switch tag {
    case .none: self = .none
    case .hybridHash: self = .hybridHash(hash ?? .zero)
    case .leaf, .lastLeaf: self = .leaf(value ?? [])
    case .hybrid, .lastHybrid: self = .hybrid(value ?? [])
    }
  }
}
