/// The bytes of diffs: of those that wait here, and of those delivered and not pushed yet.
///
/// Blocks leave in order, so what comes first has precedence: if its diff finds no room, later ones
/// are given back and asked for again when there is.
extension DiffQueueCore {
  /// Bytes of the diffs that wait here.
  public var heldBytes: Int { entries.reduce(0) { $0 + $1.batch.diffBytes } }
  /// Bytes of all diffs that are here and not pushed yet.
  public var diffBytes: Int { heldBytes + deliveredBytes }
  /// True if searches wait for nothing but room.
  public var isCrowded: Bool {
    jobs.values.contains {
      $0.state == .queued && freeSlots(isDoubtful: $0.isDoubtful) > 0
    }
  }

  /// Bytes of diffs that may come.
  var roomBytes: Int { LiveSyncLimits.diffsBytesMax - diffBytes }

  /// Blocks with so many bytes of diffs were pushed, or given up on their way to the chain.
  public mutating func pushed(diffBytes bytes: Int) -> [Action] {
    precondition(bytes <= deliveredBytes, "\(bytes) of \(deliveredBytes) bytes were pushed")
    deliveredBytes -= bytes
    return fill() + release()
  }

  mutating func deliver(_ batch: BlockBatch<Block>) -> Action {
    deliveredBytes += batch.diffBytes
    return .deliver(batch)
  }

  /// True if a diff may be looked for: there is room, or it is the next one that the chain needs.
  func mayStart(_ job: Job) -> Bool {
    roomBytes >= max(1, job.bytes) || (isNext(job) && deliveredBytes == 0)
  }

  /// Makes room for the diff of search `id`, which is here. If there is none, the diff is forgotten
  /// and looked for again later, and the answer is false.
  mutating func makeRoom(for bytes: Int, of id: UInt64) -> Bool {
    guard let job = jobs[id] else { return false }
    // What was delivered makes room soon.
    if bytes > roomBytes, isNext(job), deliveredBytes == 0 { giveBack(untilRoomFor: bytes) }
    if bytes <= roomBytes { return true }
    jobs[id]?.bytes = bytes
    cutFirst()
    return false
  }

  /// True if no other search has to end before the blocks that come first can go.
  private func isNext(_ job: Job) -> Bool {
    guard let first = entries.first, first.id == job.batch else { return false }
    return !first.open.contains { (jobs[$0]?.index ?? .max) < job.index }
  }

  /// Forgets diffs, the last ones first, which are looked for again later.
  private mutating func giveBack(untilRoomFor bytes: Int) {
    for position in entries.indices.reversed() {
      for index in entries[position].batch.blocks.indices.reversed() {
        if bytes <= roomBytes { return }
        let held = entries[position].batch.blocks[index].diffBytes
        guard held > 0 else { continue }
        entries[position].batch.blocks[index].diff = nil
        let id = takeID()
        var job = Job(batch: entries[position].id, index: index)
        job.bytes = held
        jobs[id] = job
        entries[position].open.insert(id)
      }
    }
  }

  /// Cuts the first batch before the first of its blocks whose diff is not here, so that what comes
  /// before can go.
  mutating func cutFirst() {
    guard let first = entries.first,
      let job = first.open.compactMap({ jobs[$0] }).min(by: { $0.index < $1.index })
    else { return }
    cut(before: job)
  }
}
