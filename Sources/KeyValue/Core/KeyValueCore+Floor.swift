import CRDT

/// What is no longer kept of deleted keys.
///
/// The floor is a time up to which every replica has all writes. What was deleted up to it needs no
/// tombstone any more; a write up to it whose key is not held is therefore dead. The floor is part
/// of the data: it is logged before anything is purged.
extension KeyValueCore {
  /// Raises the floor. False if it is there already. From then on deletions leave tombstones: there
  /// are, or were, other replicas. Within a batch.
  public mutating func raiseFloor(to ticks: UInt64) -> Bool {
    guard ticks > floor else { return false }
    floor = ticks
    isFloorRaised = true
    settings.keepsTombstones = true
    return true
  }

  /// Takes tombstones up to `ticks` out of the table, and what has expired if its time, too, is not
  /// after them: so every replica whose clock has passed the floor agrees that it is over. Between
  /// batches.
  /// - Parameters:
  ///   - ticks: not above the floor; what is above it stays.
  ///   - entries: how many entries are looked at, from number `start` on.
  /// - Returns: the number to go on from; nil after the last.
  public mutating func purge(
    through ticks: UInt64, from start: UInt32 = 0, entries: Int
  ) -> UInt32? {
    let ticks = min(ticks, floor)
    let end = min(UInt64(table.numbers), UInt64(start) + UInt64(max(0, entries)))
    var gone: [UInt32] = []
    for number in start..<max(start, UInt32(end)) {
      let entry = table.entry(number).pointee
      guard entry.isDead, !entry.isLeaving, entry.ticks <= ticks else { continue }
      if entry.expiry > ticks >> 16 { continue }
      gone.append(number)
    }
    drop(gone)
    return end < UInt64(table.numbers) ? UInt32(end) : nil
  }

  /// Drops what is held of a key, if it is of this version: a peer says that it is dead. A value
  /// leaves a trace in the log, so that it is not there again after a restart. Within a batch.
  /// - Returns: whether anything was dropped.
  public mutating func bury(_ key: [UInt8], _ version: HybridTime) -> Bool {
    let hash = key.withUnsafeBytes { table.hash($0) }
    guard let number = key.withUnsafeBytes({ held($0, hash) }),
      table.version(number) == version
    else { return false }
    note(number)
    if table.entry(number).pointee.isLive {
      table.dropValue(number)
      table.setExpiry(number, 0)
      table.setKind(number, ValueKind.expired.rawValue)
    }
    buried.append((number, version.ticks))
    return true
  }

  /// Takes what was buried in the batch and not written since out of the table.
  mutating func dropBuried() {
    guard !buried.isEmpty else { return }
    var numbers: Set<UInt32> = []
    for (number, ticks) in buried {
      let entry = table.entry(number).pointee
      if entry.isDead, entry.ticks == ticks { numbers.insert(number) }
    }
    buried = []
    for number in numbers.sorted() { leave(number) }
  }

  /// The ticks of the clock, brought up to these milliseconds: no later write has these or less.
  public mutating func clock(at milliseconds: UInt64) -> UInt64 {
    raiseClock(to: min(milliseconds, 1 << 48 - 1) << 16)
    return lastTicks
  }

  /// Brings the clock to these ticks at least. Ticks that leave no room above are left out.
  public mutating func raiseClock(to ticks: UInt64) {
    guard ticks > clock.last, ticks < 1 << 63 else { return }
    clock = HybridClock(replica: clock.replica, last: ticks, aheadMax: clock.aheadMax)
    sawTime(ticks)
  }

  /// Sets the clock back as a fault would, so that tests can see it found.
  package mutating func damageClock(to ticks: UInt64) {
    clock = HybridClock(replica: clock.replica, last: ticks, aheadMax: clock.aheadMax)
  }
}
