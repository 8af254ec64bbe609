import CRDT

/// The operations of one replica that a log holds: numbers that follow each other. In pieces, so
/// that a copy of the log costs one piece when either changes.
struct LogStrand: Sendable {
  struct Entry: Sendable, Hashable {
    /// The place in the order of the whole log.
    let sequence: UInt64
    /// Bytes of the strand up to and with this operation, those that were let go, too.
    let endBytes: Int
    let operation: LoggedOperation
  }

  /// The number of the last operation that was let go, or that was never here.
  private(set) var reach: UInt64
  /// Bytes up to there.
  private var reachBytes = 0
  /// All but the last one had `DeltaLimits.chunkEntries`; the first may have lost some.
  private var chunks: [[Entry]] = []
  /// Entries that the first piece has lost.
  private var lost = 0
  private(set) var count = 0

  init(reach: UInt64) { self.reach = reach }

  /// The number of the last operation.
  var last: UInt64 { reach + UInt64(count) }

  var extent: LogExtent {
    LogExtent(operations: count, bytes: endBytes(at: count) - reachBytes)
  }

  /// The entry at a place, 0..<count.
  func entry(at place: Int) -> Entry {
    let position = place + lost
    let chunk = position / DeltaLimits.chunkEntries
    return chunks[chunk][position % DeltaLimits.chunkEntries - (chunk == 0 ? lost : 0)]
  }

  /// The operation of a number, if it is held.
  func operation(_ counter: UInt64) -> LoggedOperation? {
    guard counter > reach, counter <= last else { return nil }
    return entry(at: Int(counter - reach) - 1).operation
  }

  mutating func append(_ operation: LoggedOperation, sequence: UInt64) {
    let end = endBytes(at: count) + operation.size
    if (count + lost) % DeltaLimits.chunkEntries == 0 { chunks.append([]) }
    chunks[chunks.count - 1].append(
      Entry(sequence: sequence, endBytes: end, operation: operation))
    count += 1
  }

  /// Lets go all up to a number that it has.
  mutating func trim(through counter: UInt64) {
    guard counter > reach else { return }
    let dropped = Int(counter - reach)
    reachBytes = endBytes(at: dropped)
    reach = counter
    count -= dropped
    guard count > 0 else {
      chunks = []
      lost = 0
      return
    }
    let position = lost + dropped
    let whole = position / DeltaLimits.chunkEntries
    let before = whole == 0 ? lost : 0
    chunks.removeFirst(whole)
    lost = position - whole * DeltaLimits.chunkEntries
    chunks[0].removeFirst(lost - before)
  }

  /// How many of the operations up to place `end` come before a place in the order of the log.
  func count(before sequence: UInt64, upTo end: Int) -> Int {
    var (low, high) = (0, end)
    while low < high {
      let middle = (low + high) / 2
      if entry(at: middle).sequence < sequence { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// What lies between two places.
  func extent(from start: Int, to end: Int) -> LogExtent {
    guard start < end else { return LogExtent() }
    return LogExtent(operations: end - start, bytes: endBytes(at: end) - endBytes(at: start))
  }

  private func endBytes(at place: Int) -> Int {
    place == 0 ? reachBytes : entry(at: place - 1).endBytes
  }
}
