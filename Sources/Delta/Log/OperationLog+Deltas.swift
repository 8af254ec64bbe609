import CRDT

/// Operations of one replica that follow each other in a log.
struct LogWindow {
  let replica: ReplicaID
  let strand: LogStrand
  /// Places in the strand.
  let start: Int
  let end: Int

  /// The number of the first one.
  var first: UInt64 { strand.reach + UInt64(start) + 1 }

  var extent: LogExtent { strand.extent(from: start, to: end) }

  /// How many come before a place in the order of the log.
  func count(before sequence: UInt64) -> Int {
    max(0, strand.count(before: sequence, upTo: end) - start)
  }
}

extension OperationLog {
  /// What the log holds between two versions; nil if it no longer reaches back to the first one.
  public func extent(from: VersionVector, to: VersionVector? = nil) -> LogExtent? {
    (try? windows(from: from, to: to ?? version))?.reduce(LogExtent()) { $0 + $1.extent }
  }

  /// Whether the log holds all that one lacks who has `version`.
  public func reaches(back version: VersionVector) -> Bool {
    strands.allSatisfy { $0.value.reach <= version[$0.key] }
  }

  /// The operations that one lacks who has `from`, to have `to` (all, if nil), causes before
  /// effects: all of them, or the first ones, as many as have room; `Delta.to` says how far they
  /// go. Throws `tooOld` if some of them were let go.
  /// - Parameter bytesMax: bytes of operations; a single one may have more.
  public func generateDelta(
    from: VersionVector, to: VersionVector? = nil, bytesMax: Int = DeltaLimits.deltaBytesMax,
    operationsMax: Int = DeltaLimits.deltaOperationsMax
  ) throws(DeltaError) -> Delta {
    let windows = try windows(from: from, to: to ?? version)
    let whole = windows.reduce(LogExtent()) { $0 + $1.extent }
    let bytesMax = min(bytesMax, DeltaLimits.deltaBytesMax)
    let operationsMax = min(operationsMax, DeltaLimits.deltaOperationsMax)
    let fits = { (extent: LogExtent) in
      extent.operations <= 1 || (extent.bytes <= bytesMax && extent.operations <= operationsMax)
    }
    var cut = nextSequence
    if !fits(whole) {
      cut = firstSequence { !fits(extent(of: windows, before: $0)) } - 1
    }
    var entries: [LogStrand.Entry] = []
    for window in windows {
      let count = window.count(before: cut)
      for place in window.start..<window.start + count {
        entries.append(window.strand.entry(at: place))
      }
    }
    entries.sort { $0.sequence < $1.sequence }
    return Delta(Self.grouped(entries.map(\.operation)))
  }

  /// Operations in an order in which those of one replica follow each other as far as their causes
  /// allow: that costs less on the wire.
  /// - Parameter operations: causes first.
  private static func grouped(_ operations: [LoggedOperation]) -> [LoggedOperation] {
    var places: [ReplicaID: [Int]] = [:]
    for (place, operation) in operations.enumerated() {
      places[operation.dot.replica, default: []].append(place)
    }
    guard places.count > 1 else { return operations }
    /// Of each replica, the first operation that is not given yet, by its place and its number.
    var heads = places.mapValues { (at: 0, counter: operations[$0[0]].dot.counter) }
    var isGiven = [Bool](repeating: false, count: operations.count)
    var grouped: [LoggedOperation] = []
    grouped.reserveCapacity(operations.count)
    // The first one that is left has all its causes.
    for (place, first) in operations.enumerated() where !isGiven[place] {
      let replica = first.dot.replica
      guard let own = places[replica], var head = heads[replica] else { continue }
      while head.at < own.count {
        let next = operations[own[head.at]]
        guard next.causes.allSatisfy({ $0.counter < heads[$0.replica]?.counter ?? .max }) else {
          break
        }
        isGiven[own[head.at]] = true
        grouped.append(next)
        head = (head.at + 1, next.dot.counter + 1)
      }
      heads[replica] = head
    }
    return grouped
  }

  /// One of the parts of what one lacks who has `from`, and how many parts there are (one, if there
  /// is nothing). It costs what the part has, not what all have.
  /// - Parameters:
  ///   - number: of the part, from 0; behind the last one there is nothing.
  ///   - size: operations of each part but the last one.
  package func part(
    _ number: Int, of size: Int, from: VersionVector
  ) throws(DeltaError) -> (operations: [LoggedOperation], parts: Int) {
    let windows = try windows(from: from, to: version)
    let total = windows.reduce(0) { $0 + $1.extent.operations }
    let parts = max(1, (total + size - 1) / size)
    guard number < parts else { return ([], parts) }
    let cuts = [number * size, min(total, (number + 1) * size)].map { count in
      firstSequence { extent(of: windows, before: $0).operations >= count }
    }
    var operations: [LoggedOperation] = []
    for window in windows {
      for place in window.count(before: cuts[0])..<window.count(before: cuts[1]) {
        operations.append(window.strand.entry(at: window.start + place).operation)
      }
    }
    return (operations, parts)
  }

  private func windows(
    from: VersionVector, to: VersionVector
  ) throws(DeltaError) -> [LogWindow] {
    for replica in to.replicas where to[replica] > version[replica] {
      throw .notHeld(Dot(replica, to[replica]))
    }
    guard
      strands.allSatisfy({ replica, strand in
        to[replica] <= from[replica] || strand.reach <= from[replica]
      })
    else { throw .tooOld(reach: reach) }
    return windows { replica, strand in
      let start = from[replica]
      return start < to[replica] ? start..<to[replica] : nil
    }
  }

  /// - Parameter numbers: of the operations after the lower bound, up to and with the upper one.
  func windows(
    _ numbers: (ReplicaID, LogStrand) -> Range<UInt64>?
  ) -> [LogWindow] {
    strands.compactMap { replica, strand in
      guard let range = numbers(replica, strand), !range.isEmpty else { return nil }
      return LogWindow(
        replica: replica, strand: strand, start: Int(range.lowerBound - strand.reach),
        end: Int(range.upperBound - strand.reach))
    }
  }

  /// What of some operations comes before a place in the order of the log.
  func extent(of windows: [LogWindow], before sequence: UInt64) -> LogExtent {
    windows.reduce(LogExtent()) { sum, window in
      let end = window.start + window.count(before: sequence)
      return sum + window.strand.extent(from: window.start, to: end)
    }
  }

  /// The first place in the order of the log from which on a condition holds, at last at the end.
  func firstSequence(_ holds: (UInt64) -> Bool) -> UInt64 {
    var (low, high) = (UInt64(0), nextSequence)
    while low < high {
      let middle = low + (high - low) / 2
      if holds(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
