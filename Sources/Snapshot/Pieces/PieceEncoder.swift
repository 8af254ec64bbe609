import Primitives
import StateTrie

/// The raw form of a piece (Docs/Snapshots.md, "Pieces"): a chunk with its bytes arranged so that
/// what is alike stands together. A chunk has exactly one.
public struct RawPiece: Sendable, Hashable {
  public let bytes: [UInt8]
  /// Ascending offsets at which bytes of another kind begin; no part of the form.
  public let columns: [Int]

  /// The form of `chunk`, whose items must be in strict key order and at most
  /// `StateTrieLimits.chunkItemsMax`, as every trie gives them.
  public init(_ chunk: TrieChunk) {
    var encoder = PieceEncoder()
    encoder.append(chunk)
    (bytes, columns) = (encoder.wire.bytes, encoder.columns)
  }
}

/// What encoder and decoder of pieces have to agree on.
enum PieceForm {
  /// The first byte of every piece.
  static let version: UInt8 = 1
  /// Bytes of a key that are written as the distance to the key before.
  static let headBytes = 8
  /// First bytes of a value that are written in planes.
  static let planesMax = 64
  /// How the lengths of a column are written.
  static let equalLengths: UInt8 = 0
  static let listedLengths: UInt8 = 1
  /// What is written of a child's suffix: that it is the nibble of its slot, or the suffix itself.
  static let shortSuffix: UInt8 = 0
  static let listedSuffix: UInt8 = 1
}

/// What a proof node's value is written as.
enum PieceValueTag: UInt8 {
  case none, leaf, hybridHash, hybrid
  /// The value of the last item, whose key the node has.
  case lastLeaf, lastHybrid
}

struct PieceEncoder {
  var wire = WireEncoder()
  private(set) var columns: [Int] = []

  mutating func append(_ chunk: TrieChunk) {
    precondition(
      chunk.items.count <= StateTrieLimits.chunkItemsMax, "a piece of \(chunk.items.count) items")
    wire.append(byte: PieceForm.version)
    wire.append(optional: chunk.end)
    wire.append(count: chunk.items.count)
    if !chunk.items.isEmpty {
      append(keysOf: chunk.items)
      append(valuesOf: chunk.items)
    }
    append(chunk.proof, last: chunk.items.last)
  }

  private mutating func beginColumn() {
    if columns.last != wire.bytes.count { columns.append(wire.bytes.count) }
  }

  private mutating func append(keysOf items: [TrieItem]) {
    let first = items[0].key.count
    if items.allSatisfy({ $0.key.count == first }) {
      wire.append(byte: PieceForm.equalLengths)
      wire.append(byte: UInt8(first))
    } else {
      wire.append(byte: PieceForm.listedLengths)
      beginColumn()
      for item in items { wire.append(byte: UInt8(item.key.count)) }
    }
    appendHeads(items)
    beginColumn()
    let tailBytes = items.reduce(0) { $0 + max(0, $1.key.byteCount - PieceForm.headBytes) }
    appendColumn(bytes: tailBytes) { target in
      withUnsafeTemporaryAllocation(byteCount: PrimitiveLimits.keyBytesMax, alignment: 8) { key in
        guard let base = key.baseAddress else { return }
        var done = 0
        for index in items.indices {
          let more = items[index].key.byteCount - PieceForm.headBytes
          if more <= 0 { continue }
          items[index].key.store(to: base)
          (target + done).copyMemory(from: base + PieceForm.headBytes, byteCount: more)
          done += more
        }
      }
    }
  }

  /// The distances of the first 16 nibbles in planes, the highest bytes of all of them first.
  private mutating func appendHeads(_ items: [TrieItem]) {
    let count = items.count
    for plane in 0..<PieceForm.headBytes { columns.append(wire.bytes.count + plane * count) }
    appendColumn(bytes: count * PieceForm.headBytes) { target in
      var previous = KeyNibbles.empty
      for index in 0..<count {
        let key = items[index].key
        precondition(index == 0 || previous < key, "the items of a piece are in key order")
        let distance = key.word(0) - previous.word(0)
        previous = key
        for plane in 0..<PieceForm.headBytes {
          let shift = UInt64(8 * (PieceForm.headBytes - 1 - plane))
          target.storeBytes(
            of: UInt8(truncatingIfNeeded: distance &>> shift), toByteOffset: plane * count + index,
            as: UInt8.self)
        }
      }
    }
  }

  /// Appends `bytes` bytes that `fill` writes, all of them.
  private mutating func appendColumn(bytes: Int, _ fill: (UnsafeMutableRawPointer) -> Void) {
    withUnsafeTemporaryAllocation(byteCount: bytes, alignment: 8) { buffer in
      guard bytes > 0, let base = buffer.baseAddress else { return }
      fill(base)
      wire.append(raw: UnsafeRawBufferPointer(buffer))
    }
  }

  private mutating func append(valuesOf items: [TrieItem]) {
    let first = items[0].value.count
    if items.allSatisfy({ $0.value.count == first }) {
      wire.append(byte: PieceForm.equalLengths)
      wire.append(count: first)
    } else {
      wire.append(byte: PieceForm.listedLengths)
      beginColumn()
      for item in items { wire.append(count: item.value.count) }
    }
    let planes = ValuePlanes(lengths: items.map { $0.value.count })
    let start = wire.bytes.count
    for column in planes.columns where columns.last.map({ $0 < start + column }) ?? true {
      columns.append(start + column)
    }
    appendColumn(bytes: planes.headBytes) { target in
      for index in items.indices {
        let place = planes.places[index]
        items[index].value.withUnsafeBytes { value in
          var offset = place.first
          for byte in value.prefix(PieceForm.planesMax) {
            target.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
            offset += place.step
          }
        }
      }
    }
    beginColumn()
    for item in items where item.value.count > PieceForm.planesMax {
      wire.append(raw: item.value[PieceForm.planesMax...])
    }
  }

  private mutating func append(_ proof: TrieProof, last: TrieItem?) {
    beginColumn()
    wire.append(count: proof.nodes.count)
    for node in proof.nodes { wire.append(node.key) }
    var hashes: [Hash256] = []
    var values: [[UInt8]] = []
    for node in proof.nodes {
      let isLast = node.key == last?.key && node.value.bytes == last?.value
      let tag: PieceValueTag
      switch node.value {
      case .none: tag = .none
      case .hybridHash(let hash):
        tag = .hybridHash
        hashes.append(hash)
      case .leaf(let value):
        tag = isLast ? .lastLeaf : .leaf
        if !isLast { values.append(value) }
      case .hybrid(let value):
        tag = isLast ? .lastHybrid : .hybrid
        if !isLast { values.append(value) }
      }
      wire.append(byte: tag.rawValue)
    }
    for node in proof.nodes { appendSlots(of: node) }
    for node in proof.nodes {
      for (slot, child) in node.children.enumerated() {
        guard let child else { continue }
        hashes.append(child.hash)
        let isShort = child.suffix == KeyNibbles.empty.appending(slot)
        wire.append(byte: isShort ? PieceForm.shortSuffix : PieceForm.listedSuffix)
        if !isShort { wire.append(child.suffix) }
      }
    }
    for value in values { wire.append(value) }
    wire.append(count: proof.missingProvenBy.count)
    for entry in proof.missingProvenBy {
      wire.append(entry.key)
      wire.append(entry.provenBy)
    }
    beginColumn()
    for hash in hashes { wire.append(hash) }
  }

  /// Which children there are, in two bytes: the first slot is the highest bit.
  private mutating func appendSlots(of node: ProofNode) {
    let slots = node.children.reduce(UInt16(0)) { $0 << 1 | ($1 == nil ? 0 : 1) }
    wire.append(byte: UInt8(slots >> 8))
    wire.append(byte: UInt8(slots & 0xff))
  }
}

/// Where the first bytes of each value stand: values of one length together, in item order, byte 0
/// of all of them before byte 1 of all of them.
struct ValuePlanes {
  /// Where byte 0 of an item's value is, and how far the next byte is from it.
  private(set) var places: [(first: Int, step: Int)] = []
  /// Where the planes begin.
  private(set) var columns: [Int] = []
  /// Bytes of all planes.
  private(set) var headBytes = 0

  init(lengths: [Int]) {
    var counts: [Int: Int] = [:]
    if let first = lengths.first, lengths.allSatisfy({ $0 == first }) {
      counts[first] = lengths.count
    } else {
      for length in lengths { counts[length, default: 0] += 1 }
    }
    var nexts: [Int: (first: Int, step: Int)] = [:]
    for (length, count) in counts.sorted(by: { $0.key < $1.key }) {
      nexts[length] = (headBytes, count)
      for _ in 0..<min(length, PieceForm.planesMax) {
        columns.append(headBytes)
        headBytes += count
      }
    }
    places.reserveCapacity(lengths.count)
    for length in lengths {
      guard let next = nexts[length] else { continue }
      places.append(next)
      nexts[length]?.first += 1
    }
  }
}
