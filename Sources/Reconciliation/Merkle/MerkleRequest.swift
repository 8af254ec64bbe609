import Primitives

/// A request of a comparison by trees. All but the first name the root they are about, so that an
/// answer never mixes two states of the other side.
package enum MerkleRequest: Sendable, Hashable {
  /// The root and its children.
  case root
  /// The children of nodes of one depth. `hints` may name, for a node, half an id: if the other
  /// side has exactly one record below the node whose id begins so, it tells the rest instead.
  case descend(root: UInt64, paths: [TreePath], hints: [UInt64?])
  /// All ids below nodes of one depth, in hashed order, whole or only their first four bytes.
  case list(root: UInt64, paths: [TreePath], isWhole: Bool)
  /// Ids below a node from a position on, as many as an answer holds.
  case page(root: UInt64, path: TreePath, from: HashedPosition)
  /// The last twelve bytes of listed ids, named by their places in the lists.
  case fetch(root: UInt64, paths: [TreePath], places: [[Int]])
  /// The contents of nodes of one depth, of the tree with this root hash.
  case expand(root: Hash256, paths: [TreePath])

  private var kind: UInt8 {
    switch self {
    case .root: 0
    case .descend: 1
    case .list(_, _, let isWhole): isWhole ? 3 : 2
    case .page: 4
    case .fetch: 5
    case .expand: 6
    }
  }
}

extension MerkleRequest: WireCodable {
  package func encode(to encoder: inout WireEncoder) {
    encoder.append(byte: kind)
    switch self {
    case .root: break
    case .descend(let root, let paths, let hints):
      encoder.append(fixed: root)
      encoder.append(paths: paths)
      for start in stride(from: 0, to: hints.count, by: 8) {
        let eight = hints[start..<min(start + 8, hints.count)]
        encoder.append(
          byte: eight.enumerated().reduce(0) { $0 | ($1.element == nil ? 0 : 0x80 >> $1.offset) })
      }
      for case let hint? in hints { encoder.append(fixed: hint) }
    case .list(let root, let paths, _):
      encoder.append(fixed: root)
      encoder.append(paths: paths)
    case .page(let root, let path, let position):
      encoder.append(fixed: root)
      encoder.append(paths: [path])
      encoder.append(position)
    case .fetch(let root, let paths, let places):
      encoder.append(fixed: root)
      encoder.append(paths: paths)
      for places in places {
        encoder.append(count: places.count)
        var next = 0
        for place in places {
          encoder.append(count: place - next)
          next = place + 1
        }
      }
    case .expand(let root, let paths):
      encoder.append(root)
      encoder.append(paths: paths)
    }
  }

  package init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    switch try decoder.byte() {
    case 0: self = .root
    case 1:
      let root = try decoder.fixed()
      let paths = try decoder.paths()
      self = .descend(root: root, paths: paths, hints: try Self.hints(of: paths.count, &decoder))
    case 2: self = .list(root: try decoder.fixed(), paths: try decoder.paths(), isWhole: false)
    case 3: self = .list(root: try decoder.fixed(), paths: try decoder.paths(), isWhole: true)
    case 4:
      let root = try decoder.fixed()
      let place = decoder.offset
      let paths = try decoder.paths()
      guard paths.count == 1 else { throw .invalidValue("a page is of one node", at: place) }
      self = .page(root: root, path: paths[0], from: try decoder.value())
    case 5:
      let root = try decoder.fixed()
      let paths = try decoder.paths()
      var places: [[Int]] = []
      for _ in paths { places.append(try Self.places(&decoder)) }
      self = .fetch(root: root, paths: paths, places: places)
    case 6: self = .expand(root: try decoder.hash(), paths: try decoder.paths())
    case let kind: throw .invalidCase(UInt64(kind), of: "MerkleRequest", at: start)
    }
  }

  private static func hints(
    of count: Int, _ decoder: inout WireDecoder
  ) throws(WireError) -> [UInt64?] {
    var isHinted: [Bool] = []
    while isHinted.count < count {
      let place = decoder.offset
      let byte = try decoder.byte()
      let bits = min(8, count - isHinted.count)
      guard bits == 8 || byte << UInt8(bits) == 0 else {
        throw .invalidValue("a hint for no node", at: place)
      }
      for bit in 0..<bits { isHinted.append(byte & 0x80 >> UInt8(bit) != 0) }
    }
    var hints: [UInt64?] = []
    for isHinted in isHinted { hints.append(isHinted ? try decoder.fixed() : nil) }
    return hints
  }

  private static func places(_ decoder: inout WireDecoder) throws(WireError) -> [Int] {
    let start = decoder.offset
    let count = try decoder.count(limit: ReconciliationLimits.listedRecordsMax)
    guard count > 0 else { throw .invalidValue("no places in a list", at: start) }
    var places: [Int] = []
    var next = 0
    for _ in 0..<count {
      let offset = decoder.offset
      let gap = try decoder.uint64()
      guard gap < UInt64(ReconciliationLimits.listedRecordsMax - next) else {
        throw .lengthTooLarge(gap, limit: ReconciliationLimits.listedRecordsMax, at: offset)
      }
      places.append(next + Int(gap))
      next += Int(gap) + 1
    }
    return places
  }
}

extension WireEncoder {
  /// Nodes of one depth in order: the depth, their number, and how many nodes of that depth lie
  /// before the first one and between each and the next; below depth 16 the positions.
  mutating func append(paths: [TreePath]) {
    let depth = paths.first?.depth ?? 0
    append(byte: UInt8(depth))
    append(count: paths.count)
    var next: UInt64 = 0
    for path in paths {
      if depth > 16 {
        append(path.first)
      } else {
        let index = path.first.high >> UInt64(64 - 4 * depth)
        append(varint: index - next)
        next = index &+ 1
      }
    }
  }
}

extension WireDecoder {
  /// See `WireEncoder.append(paths:)`.
  mutating func paths() throws(WireError) -> [TreePath] {
    let start = offset
    let depth = Int(try byte())
    guard depth <= HashedPosition.nibbleCount else {
      throw .lengthTooLarge(UInt64(depth), limit: HashedPosition.nibbleCount, at: start)
    }
    let count = try count(
      elementBytes: depth > 16 ? HashedPosition.byteCount : 1,
      limit: ReconciliationLimits.batchNodesMax)
    guard count > 0 else { throw .invalidValue("no nodes", at: start) }
    var paths: [TreePath] = []
    paths.reserveCapacity(count)
    var next: UInt64? = 0
    for _ in 0..<count {
      let place = offset
      let position: HashedPosition
      if depth > 16 {
        position = try value()
      } else {
        let (index, isAbove) = (next ?? 0).addingReportingOverflow(try uint64())
        guard next != nil, !isAbove, index <= UInt64.max >> UInt64(64 - 4 * depth) else {
          throw .invalidValue("depth \(depth) has no such node", at: place)
        }
        next = index == .max ? nil : index + 1
        position = HashedPosition(high: index << UInt64(64 - 4 * depth), low: 0)
      }
      let path = TreePath(depth: depth, above: position)
      guard path.first == position, paths.last.map({ $0 < path }) ?? true else {
        throw .invalidValue("nodes are not in order", at: place)
      }
      paths.append(path)
    }
    return paths
  }
}
