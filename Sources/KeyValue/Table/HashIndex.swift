import CBlake2Batch

/// Numbers of entries by 32 bits of a hash, in the order of hashes.
///
/// Extendible hashing: a directory over the first bits leads to segments of 1,024 slots, and within
/// one the next bits say where an entry belongs; it lies there or in the slots behind (linear
/// probing). A segment that is full is parted in two, and two neighbours that are nearly empty
/// become one, so no write moves more than a segment's entries, but for the directory, which has 8
/// bytes for some 600 entries.
///
/// Since all is in the order of hashes, a cursor is a hash: entries before it were visited, those
/// from it on were not, whatever the table grew or shrank in between.
package struct HashIndex: ~Copyable {
  /// Slots of a segment.
  package static let slots = 1 << slotBits
  static let slotBits = 10
  /// First bits of hashes that segments can differ in.
  package static let depthMax = 32 - slotBits
  /// Entries of a segment above which it is parted, and of two below which they become one.
  package static let full = slots * 4 / 5
  static let sparse = slots * 3 / 10

  /// A segment: the head, then the slots, each the hash in its upper half and the number plus 1 in
  /// its lower one; 0 is empty.
  struct Head {
    var depth: Int
    var count: Int
  }
  typealias Segment = UnsafeMutablePointer<Head>

  private var directory: [Segment]
  /// Bits of the directory.
  package private(set) var depth = 0
  /// Segments that differ in as many bits as the directory has.
  private var deepest = 1
  /// What found no place in a segment that cannot be parted further; only hashes that somebody
  /// chose come here.
  private var spilled: [UInt64] = []
  package private(set) var count = 0

  package init() {
    directory = [Self.make(depth: 0)]
  }

  deinit { for segment in Self.each(directory, depth) { Self.free(segment) } }

  /// Bytes of memory that are held.
  var bytes: Int { directory.capacity * 8 + segments * Self.segmentBytes + spilled.capacity * 8 }

  private var segments: Int { Self.each(directory, depth).count }

  // MARK: Reading

  /// The first entry of this hash that `isWanted`.
  @inline(__always)
  package func first(of hash: UInt32, where isWanted: (UInt32) -> Bool) -> UInt32? {
    let segment = segment(hash)
    let slots = Self.slots(segment)
    var place = Self.home(hash, segment.pointee.depth)
    while true {
      let slot = slots[place]
      if slot == 0 { break }
      if UInt32(truncatingIfNeeded: slot >> 32) == hash {
        let entry = UInt32(truncatingIfNeeded: slot) &- 1
        if isWanted(entry) { return entry }
      }
      place = (place + 1) & (Self.slots - 1)
    }
    return spilled.isEmpty ? nil : firstSpilled(of: hash, where: isWanted)
  }

  /// Asks for the memory in which a hash belongs.
  @inline(__always)
  func prefetch(_ hash: UInt32) {
    let segment = segment(hash)
    livesync_prefetch(Self.slots(segment) + Self.home(hash, segment.pointee.depth))
  }

  private func firstSpilled(of hash: UInt32, where isWanted: (UInt32) -> Bool) -> UInt32? {
    for slot in spilled where UInt32(truncatingIfNeeded: slot >> 32) == hash {
      let entry = UInt32(truncatingIfNeeded: slot) &- 1
      if isWanted(entry) { return entry }
    }
    return nil
  }

  /// Hands the entries of the next few hashes from `cursor` on to `body`, and gives the hash to go
  /// on from; nil after the last.
  package func visit(from cursor: UInt32, _ body: (_ hash: UInt32, _ entry: UInt32) -> Void)
    -> UInt32?
  {
    let segment = segment(cursor)
    let depth = segment.pointee.depth
    let slots = Self.slots(segment)
    let home = Self.home(cursor, depth)
    var place = home
    while slots[place] != 0 {
      let hash = UInt32(truncatingIfNeeded: slots[place] >> 32)
      if Self.home(hash, depth) == home, hash >= cursor {
        body(hash, UInt32(truncatingIfNeeded: slots[place]) &- 1)
      }
      place = (place + 1) & (Self.slots - 1)
    }
    let width = UInt64(1) << UInt64(32 - depth - Self.slotBits)
    let next = (UInt64(cursor) / width + 1) * width
    for slot in spilled {
      let hash = UInt32(truncatingIfNeeded: slot >> 32)
      if hash >= cursor, UInt64(hash) < next { body(hash, UInt32(truncatingIfNeeded: slot) &- 1) }
    }
    return UInt32(exactly: next)
  }

  // MARK: Writing

  /// Puts an entry that is not there.
  package mutating func insert(_ hash: UInt32, _ entry: UInt32) {
    count += 1
    while segment(hash).pointee.count >= Self.full {
      guard segment(hash).pointee.depth < Self.depthMax else {
        spilled.append(Self.slot(hash, entry))
        return
      }
      part(hash)
    }
    Self.put(Self.slot(hash, entry), in: segment(hash))
  }

  /// Takes an entry out that is there.
  package mutating func remove(_ hash: UInt32, _ entry: UInt32) {
    count -= 1
    let segment = segment(hash)
    let slots = Self.slots(segment)
    let wanted = Self.slot(hash, entry)
    var place = Self.home(hash, segment.pointee.depth)
    while slots[place] != wanted {
      guard slots[place] != 0 else {
        guard let place = spilled.firstIndex(of: wanted) else {
          preconditionFailure("entry \(entry) is not in the index")
        }
        spilled.remove(at: place)
        return
      }
      place = (place + 1) & (Self.slots - 1)
    }
    Self.vacate(place, of: segment)
    if segment.pointee.count < Self.sparse { join(hash) }
  }

  /// Empties a slot, and moves up what lies behind it and does not belong there.
  private static func vacate(_ place: Int, of segment: Segment) {
    let slots = slots(segment)
    let depth = segment.pointee.depth
    var hole = place
    var next = place
    while true {
      next = (next + 1) & (Self.slots - 1)
      guard slots[next] != 0 else { break }
      let home = home(UInt32(truncatingIfNeeded: slots[next] >> 32), depth)
      // Whether its own place lies behind the hole, up to where it is.
      let stays = hole <= next ? home > hole && home <= next : home > hole || home <= next
      if stays { continue }
      slots[hole] = slots[next]
      hole = next
    }
    slots[hole] = 0
    segment.pointee.count -= 1
  }

  /// Parts the segment of a hash in two.
  private mutating func part(_ hash: UInt32) {
    let old = segment(hash)
    let oldDepth = old.pointee.depth
    if oldDepth == depth {
      directory = directory.flatMap { [$0, $0] }
      depth += 1
      deepest = 0
    }
    let halves = (Self.make(depth: oldDepth + 1), Self.make(depth: oldDepth + 1))
    let bit = UInt32(1) << UInt32(31 - oldDepth)
    let slots = Self.slots(old)
    for place in 0..<Self.slots where slots[place] != 0 {
      let isUpper = UInt32(truncatingIfNeeded: slots[place] >> 32) & bit != 0
      Self.put(slots[place], in: isUpper ? halves.1 : halves.0)
    }
    set(halves.0, at: hash & ~bit)
    set(halves.1, at: hash | bit)
    if oldDepth + 1 == depth { deepest += 2 }
    Self.free(old)
  }

  /// Joins the segment of a hash with its neighbour if both have few entries.
  private mutating func join(_ hash: UInt32) {
    let mine = segment(hash)
    let oldDepth = mine.pointee.depth
    guard oldDepth > 0 else { return }
    let other = segment(hash ^ UInt32(1) << UInt32(32 - oldDepth))
    guard other.pointee.depth == oldDepth, mine.pointee.count + other.pointee.count < Self.sparse
    else { return }
    let joined = Self.make(depth: oldDepth - 1)
    for segment in [mine, other] {
      let slots = Self.slots(segment)
      for place in 0..<Self.slots where slots[place] != 0 { Self.put(slots[place], in: joined) }
      Self.free(segment)
    }
    set(joined, at: hash)
    if oldDepth == depth { deepest -= 2 }
    while deepest == 0, depth > 0 {
      directory = (0..<directory.count / 2).map { directory[2 * $0] }
      depth -= 1
      deepest = Self.each(directory, depth).reduce(0) { $0 + ($1.pointee.depth == depth ? 1 : 0) }
    }
  }

  /// Makes the directory lead to `segment` from all hashes that begin like `hash`.
  private mutating func set(_ segment: Segment, at hash: UInt32) {
    let own = segment.pointee.depth
    let start = (Self.prefix(hash, own)) << (depth - own)
    for place in start..<start + 1 << (depth - own) { directory[place] = segment }
  }

  // MARK: Segments

  private static let segmentBytes = MemoryLayout<Head>.stride + slots * 8

  @inline(__always)
  private func segment(_ hash: UInt32) -> Segment { directory[Self.prefix(hash, depth)] }

  @inline(__always)
  private static func prefix(_ hash: UInt32, _ bits: Int) -> Int {
    Int(truncatingIfNeeded: UInt64(hash) >> UInt64(32 - bits))
  }

  /// Where a hash belongs in a segment of this depth.
  @inline(__always)
  private static func home(_ hash: UInt32, _ depth: Int) -> Int {
    Int(truncatingIfNeeded: (hash &<< UInt32(truncatingIfNeeded: depth)) &>> UInt32(32 - slotBits))
  }

  @inline(__always)
  private static func slot(_ hash: UInt32, _ entry: UInt32) -> UInt64 {
    UInt64(hash) << 32 | UInt64(entry + 1)
  }

  @inline(__always)
  private static func slots(_ segment: Segment) -> UnsafeMutablePointer<UInt64> {
    UnsafeMutableRawPointer(segment + 1).assumingMemoryBound(to: UInt64.self)
  }

  private static func put(_ slot: UInt64, in segment: Segment) {
    let slots = slots(segment)
    var place = home(UInt32(truncatingIfNeeded: slot >> 32), segment.pointee.depth)
    while slots[place] != 0 { place = (place + 1) & (Self.slots - 1) }
    slots[place] = slot
    segment.pointee.count += 1
  }

  private static func make(depth: Int) -> Segment {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: segmentBytes, alignment: 16)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: segmentBytes)
    let segment = memory.bindMemory(to: Head.self, capacity: 1)
    segment.initialize(to: Head(depth: depth, count: 0))
    return segment
  }

  private static func free(_ segment: Segment) { UnsafeMutableRawPointer(segment).deallocate() }

  /// Each segment of a directory once.
  private static func each(_ directory: [Segment], _ depth: Int) -> [Segment] {
    var segments: [Segment] = []
    var place = 0
    while place < directory.count {
      segments.append(directory[place])
      place += 1 << (depth - directory[place].pointee.depth)
    }
    return segments
  }
}
