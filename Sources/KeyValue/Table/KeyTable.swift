import CBlake2Batch
import CRDT
import Primitives

/// Keys with their values, versions and expiry, by the SipHash of the key.
///
/// Entries have numbers, which stay while an entry is there; 4,096 of them are a page. Nothing here
/// knows of commands, clocks or replication.
struct KeyTable: ~Copyable {
  private static let pageBits = 12
  private static let pageEntries = 1 << pageBits

  private let sipKey: SipKey
  private var index = HashIndex()
  private var pages: [UnsafeMutablePointer<Entry>] = []
  /// Numbers that were given out once.
  private(set) var numbers: UInt32 = 0
  /// The first entry that is not used any more, plus 1; 0 if there is none.
  private var free: UInt32 = 0
  /// The replicas that wrote what is held.
  private(set) var replicas: [ReplicaID] = []
  private var replicaNumbers: [ReplicaID: UInt16] = [:]
  /// Entries with a value.
  private(set) var live = 0
  /// Entries with a value whose time will be over.
  private(set) var expiring = 0
  /// Bytes that are allocated for keys and values.
  private(set) var blobBytes = 0
  /// Bytes of keys and values.
  private(set) var dataBytes = 0

  init(sipKey: SipKey) { self.sipKey = sipKey }

  deinit {
    for number in 0..<numbers { entry(number).pointee.blob?.deallocate() }
    for page in pages { page.deallocate() }
  }

  /// Entries, those of deleted keys counted.
  var count: Int { index.count }
  /// Bytes of memory that are held for all but keys and values.
  var overheadBytes: Int {
    index.bytes + pages.count * Self.pageEntries * MemoryLayout<Entry>.stride + blobBytes
      - dataBytes
  }

  @inline(__always)
  func entry(_ number: UInt32) -> UnsafeMutablePointer<Entry> {
    pages[Int(truncatingIfNeeded: number >> UInt32(Self.pageBits))]
      + Int(truncatingIfNeeded: number) & (Self.pageEntries - 1)
  }

  @inline(__always)
  func hash(_ key: UnsafeRawBufferPointer) -> UInt32 {
    UInt32(truncatingIfNeeded: SipHash.hash(key, key: sipKey) >> 32)
  }

  /// The same with all its bits.
  func longHash(_ key: UnsafeRawBufferPointer) -> UInt64 { SipHash.hash(key, key: sipKey) }

  /// Whether a key with this long hash has a value.
  func hasLive(_ longHash: UInt64) -> Bool {
    index.first(of: UInt32(truncatingIfNeeded: longHash >> 32)) { number in
      let entry = entry(number).pointee
      return entry.isLive && self.longHash(entry.key) == longHash
    } != nil
  }

  /// The entry of a key, also if it was deleted.
  @inline(__always)
  func find(_ key: UnsafeRawBufferPointer, _ hash: UInt32) -> UInt32? {
    index.first(of: hash) { number in
      let entry = entry(number).pointee
      return Int(entry.keyBytes) == key.count && Bytes.equal(entry.blob, key.baseAddress, key.count)
    }
  }

  // MARK: What will be needed

  @inline(__always)
  func prefetchIndex(_ hash: UInt32) { index.prefetch(hash) }

  /// Asks for the entry of a hash, whatever its key; gives its number.
  @inline(__always)
  func prefetchEntry(_ hash: UInt32) -> UInt32? {
    let number = index.first(of: hash) { _ in true }
    if let number { livesync_prefetch(entry(number)) }
    return number
  }

  /// Asks for the first 64 bytes of key and value, which may lie in two lines of the cache.
  @inline(__always)
  func prefetchBlob(_ number: UInt32) {
    guard let blob = entry(number).pointee.blob else { return }
    livesync_prefetch(blob)
    livesync_prefetch(blob + min(63, Int(entry(number).pointee.capacity) - 1))
  }

  /// Entries from a hash on, as `HashIndex.visit`.
  func visit(from cursor: UInt32, _ body: (UInt32) -> Void) -> UInt32? {
    index.visit(from: cursor) { body($1) }
  }

  /// Makes an entry for a key that has none; `kind` is 0 then.
  mutating func insert(_ key: UnsafeRawBufferPointer, _ hash: UInt32) -> UInt32 {
    precondition(count < KeyValueLimits.entriesMax, "the table has \(count) entries")
    let number: UInt32
    if free != 0 {
      number = free - 1
      free = entry(number).pointee.capacity
    } else {
      number = numbers
      if Int(number) == pages.count << Self.pageBits {
        pages.append(.allocate(capacity: Self.pageEntries))
      }
      numbers += 1
    }
    entry(number).initialize(to: Entry())
    reserve(number, keep: 0, bytes: key.count)
    let entry = entry(number)
    if let start = key.baseAddress {
      entry.pointee.blob?.copyMemory(from: start, byteCount: key.count)
    }
    entry.pointee.keyBytes = UInt16(truncatingIfNeeded: key.count)
    dataBytes += key.count
    index.insert(hash, number)
    return number
  }

  /// Takes an entry out of the table.
  mutating func remove(_ number: UInt32) {
    let entry = entry(number)
    index.remove(hash(entry.pointee.key), number)
    setKind(number, 0)
    setValueBytes(number, 0)
    dataBytes -= Int(entry.pointee.keyBytes)
    blobBytes -= Int(entry.pointee.capacity)
    entry.pointee.blob?.deallocate()
    entry.initialize(to: Entry())
    entry.pointee.capacity = free
    free = number + 1
  }

  // MARK: Changes of an entry

  /// Gives an entry a value; `bytes` are not those of the entry.
  @inline(__always)
  mutating func setValue(_ number: UInt32, _ bytes: UnsafeRawBufferPointer) {
    let keyBytes = Int(entry(number).pointee.keyBytes)
    reserve(number, keep: keyBytes, bytes: keyBytes + bytes.count)
    setValueBytes(number, bytes.count)
    if let start = bytes.baseAddress, let blob = entry(number).pointee.blob {
      (blob + keyBytes).copyMemory(from: start, byteCount: bytes.count)
    }
  }

  /// Appends bytes, which are not those of the entry, to the value.
  mutating func append(_ number: UInt32, _ bytes: UnsafeRawBufferPointer) {
    let old = Int(entry(number).pointee.keyBytes) + Int(entry(number).pointee.valueBytes)
    if Int(entry(number).pointee.capacity) < old + bytes.count {
      reserve(number, keep: old, bytes: old + bytes.count + old / 2)
    }
    if let start = bytes.baseAddress, let blob = entry(number).pointee.blob {
      (blob + old).copyMemory(from: start, byteCount: bytes.count)
    }
    setValueBytes(number, Int(entry(number).pointee.valueBytes) + bytes.count)
  }

  /// Takes the value away; the key stays.
  mutating func dropValue(_ number: UInt32) {
    setValue(number, UnsafeRawBufferPointer(start: nil, count: 0))
  }

  @inline(__always)
  mutating func setKind(_ number: UInt32, _ kind: UInt8) {
    let entry = entry(number)
    let wasLive = entry.pointee.isLive
    entry.pointee.kind = kind
    let isLive = entry.pointee.isLive
    guard wasLive != isLive else { return }
    live += isLive ? 1 : -1
    if entry.pointee.expiry != 0 { expiring += isLive ? 1 : -1 }
  }

  /// - Parameter expiry: milliseconds since 1970; 0 is never.
  @inline(__always)
  mutating func setExpiry(_ number: UInt32, _ expiry: UInt64) {
    let entry = entry(number)
    if entry.pointee.isLive {
      expiring += (expiry != 0 ? 1 : 0) - (entry.pointee.expiry != 0 ? 1 : 0)
    }
    entry.pointee.expiry = expiry
  }

  func version(_ number: UInt32) -> HybridTime {
    let entry = entry(number).pointee
    return HybridTime(ticks: entry.ticks, replica: replicas[Int(entry.replica)])
  }

  /// The number of a replica; nil if there are too many.
  mutating func number(of replica: ReplicaID) -> UInt16? {
    if let number = replicaNumbers[replica] { return number }
    guard replicas.count < KeyValueLimits.replicasMax else { return nil }
    let number = UInt16(replicas.count)
    replicas.append(replica)
    replicaNumbers[replica] = number
    return number
  }

  private mutating func setValueBytes(_ number: UInt32, _ bytes: Int) {
    let entry = entry(number)
    dataBytes += bytes - Int(entry.pointee.valueBytes)
    entry.pointee.valueBytes = UInt32(truncatingIfNeeded: bytes)
  }

  /// Makes room for `bytes` bytes at the blob, of which the first `keep` stay; gives memory back
  /// if there is more than twice as much.
  @inline(__always)
  private mutating func reserve(_ number: UInt32, keep: Int, bytes: Int) {
    let capacity = Int(entry(number).pointee.capacity)
    if bytes <= capacity, capacity <= 2 * bytes + 64 { return }
    replaceBlob(number, keep: keep, bytes: bytes)
  }

  private mutating func replaceBlob(_ number: UInt32, keep: Int, bytes: Int) {
    let entry = entry(number)
    // What the allocator of glibc gives anyway: multiples of 16, less its own 8 bytes.
    let capacity = max(24, (bytes + 8 + 15) & ~15 - 8)
    let blob = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 8)
    if let old = entry.pointee.blob {
      blob.copyMemory(from: old, byteCount: keep)
      old.deallocate()
    }
    blobBytes += capacity - Int(entry.pointee.capacity)
    entry.pointee.blob = blob
    entry.pointee.capacity = UInt32(truncatingIfNeeded: capacity)
  }
}
