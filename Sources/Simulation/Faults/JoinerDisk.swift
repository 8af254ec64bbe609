import Storage

/// The disk of the joining node, which outlives its processes, and the faults that are to come on
/// it.
///
/// `@unchecked Sendable`: used on the simulation's thread only.
final class JoinerDisk: @unchecked Sendable {
  /// A write at which the process is to end.
  private struct CrashPoint {
    let write: UInt64
    let milliseconds: Int
    let fired: () -> Void
  }

  private let name: String
  private(set) var current: MemoryDisk
  private var copy: MemoryDisk?
  /// Those that are still to come; a process that ends at one leaves the others to the next.
  private var crashPoints: [CrashPoint] = []
  /// Reads that checks made.
  private var checked: UInt64 = 0
  /// Faults that count once their write or read has come.
  private var armed: [(isDue: (MemoryDisk) -> Bool, fired: () -> Void)] = []

  init(name: String) {
    self.name = name
    current = MemoryDisk(name: name)
  }

  /// Remembers what is committed now.
  func keepCopy() { copy = current.copy(name: name) }

  /// The next process finds another disk.
  func replace(with disk: RestartDisk, of others: [RestartDisk: MemoryDisk]) {
    switch disk {
    case .same: return
    case .stale: current = copy?.copy(name: name) ?? current
    case .empty: current = MemoryDisk(name: name)
    case .other: current = others[disk]?.copy(name: name) ?? current
    case .olderFormat: age()
    }
    crashPoints = []
    armed = []
    checked = 0
  }

  /// What is committed stands under the header of a program of the format before.
  private func age() {
    guard let bytes = current.header, let header = try? StoreHeader(bytes, of: name) else { return }
    current = current.copy(name: name)
    current.header =
      StoreHeader(owner: header.owner, version: StoreHeader.formatVersion - 1).bytes
  }

  func crash(
    atWrite write: UInt64, isAfter: Bool, for milliseconds: Int, _ fired: @escaping () -> Void
  ) {
    let point = current.writes + write
    current.faults.writes[point] = isAfter ? .crashAfter : .crashBefore
    crashPoints.append(CrashPoint(write: point, milliseconds: milliseconds, fired: fired))
  }

  func fail(
    atWrite write: UInt64, _ fault: StorageFaults.Write, _ fired: @escaping () -> Void
  ) -> FaultUndo {
    let point = current.writes + write
    current.faults.writes[point] = fault
    armed.append(({ $0.writes >= point }, fired))
    return { [self] in current.faults.writes[point] = nil }
  }

  /// Every commit among the next writes is torn; one that is followed by another was not.
  func tear(_ writes: UInt64, _ fired: @escaping () -> Void) {
    let now = current.writes
    for write in 1...writes where current.faults.writes[now + write] == nil {
      current.faults.writes[now + write] = .torn
    }
    let commits = current.commits
    armed.append(({ $0.commits > commits }, fired))
  }

  func flip(atRead read: UInt64, bit: UInt64, _ fired: @escaping () -> Void) -> FaultUndo {
    let point = current.reads + read
    current.faults.bitFlips[point] = bit
    let due = point - checked
    armed.append(({ [unowned self] in $0.reads - checked >= due }, fired))
    // Its place may have moved on, behind what checks have read.
    return { [self] in
      current.faults.bitFlips = current.faults.bitFlips.filter { $0.value != bit }
    }
  }

  /// The disk has room for so many bytes more.
  func fill(leaving bytes: Int) -> FaultUndo {
    current.faults.capacity = current.byteCount + bytes
    return { [self] in current.faults.capacity = nil }
  }

  /// Lets a check read without faults; those that are to come wait for what is read afterwards.
  func unharmed(_ check: () -> Void) {
    let disk = current
    let (flips, reads) = (disk.faults.bitFlips, disk.reads)
    disk.faults.bitFlips = [:]
    check()
    let more = disk.reads - reads
    disk.faults.bitFlips = Dictionary(
      uniqueKeysWithValues: flips.map { ($0.key > reads ? $0.key + more : $0.key, $0.value) })
    checked += more
  }

  /// Looks at what has come: how long the process is gone that ended at a write, nil if none has.
  func look() -> Int? {
    let due = armed.filter { $0.isDue(current) }
    armed.removeAll { $0.isDue(current) }
    for fault in due { fault.fired() }
    let reached = crashPoints.filter { $0.write <= current.writes }
    crashPoints.removeAll { $0.write <= current.writes }
    for point in reached { point.fired() }
    return reached.map(\.milliseconds).max()
  }

  /// Nothing is to come any more.
  func heal() {
    current.faults = .none
    crashPoints = []
    armed = []
  }
}
