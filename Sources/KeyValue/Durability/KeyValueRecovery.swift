import CRDT

/// Reads a data directory into a core: the newest checkpoint, then the log from where it began.
///
/// A frame that is not whole is a torn tail if nothing behind it says that it was on the disk for
/// sure; then the log ends before its batch. Otherwise something that was safe is damaged: that is
/// an error, unless `repair` says to drop what follows.
package struct KeyValueRecovery {
  private let disk: any LogDisk
  private let repair: Bool
  private let isReadOnly: Bool
  package private(set) var report = RecoveryReport()
  private var segments: [LogFiles.Numbered] = []
  /// Effects of a batch whose last frame has not come, and where that batch begins.
  private var pending: [KeyValueEffect] = []
  private var cut: (segment: Int, byte: Int, frame: UInt64) = (0, LogHeader.bytes, 1)

  /// - Parameters:
  ///   - repair: drops what is damaged, and what follows it in the same file or the log.
  ///   - isReadOnly: changes no file.
  package init(_ disk: any LogDisk, repair: Bool, isReadOnly: Bool) {
    self.disk = disk
    self.repair = repair
    self.isReadOnly = isReadOnly
  }

  /// The identity that a directory has; nil if it is empty.
  package static func identity(of disk: any LogDisk) throws(LogError) -> StoreIdentity? {
    let files = try LogFiles(disk)
    if let newest = files.checkpoints.last {
      return try FrameReader(disk, newest.name).header.identity
    }
    guard let first = files.segments.first else { return nil }
    return try FrameReader(disk, first.name).header.identity
  }

  /// Reads everything. `now` is the time in milliseconds since 1970.
  package mutating func run(into core: inout KeyValueCore, at now: UInt64) throws(LogError) {
    let files = try LogFiles(disk)
    report.identity = try Self.identity(of: disk)
    guard report.identity != nil else { return }
    core.beginBatch(at: now)
    var first: UInt64 = 1
    if let newest = files.checkpoints.last {
      first = newest.first
      try readCheckpoint(newest, into: &core)
    }
    segments = files.segments.filter { $0.first >= first }
    try readLog(from: first, files, into: &core)
    guard !isReadOnly else { return }
    do throws(DiskError) {
      try secure()
      try removeOld(files, before: first)
    } catch { throw LogError(error) }
  }

  /// Brings what was read to the disk. A process that was killed may have left it with the system,
  /// and the frames that follow say that it is safe.
  private func secure() throws(DiskError) {
    let names = Set(try disk.names())
    for segment in segments where names.contains(segment.name) {
      try disk.truncate(segment.name, to: try disk.size(of: segment.name))
    }
    try disk.synchronize()
  }

  /// What a crash left of the last checkpoint's end.
  private func removeOld(_ files: LogFiles, before first: UInt64) throws(DiskError) {
    for name in files.unfinished { try disk.remove(name) }
    for old in files.segments where old.first < first { try disk.remove(old.name) }
    for old in files.checkpoints.dropLast() { try disk.remove(old.name) }
  }

  // MARK: The checkpoint

  private mutating func readCheckpoint(
    _ file: LogFiles.Numbered, into core: inout KeyValueCore
  ) throws(LogError) {
    var reader = try FrameReader(disk, file.name)
    guard reader.header.content == .checkpoint, reader.header.first == file.first else {
      throw LogError(.damaged, reader.file, at: 12, "the header is that of another file")
    }
    report.checkpoint = file.name
    var number: UInt64 = 1
    while true {
      let start = reader.offset
      let fault: String
      switch try reader.next(number) {
      case .frame(let frame):
        try load(frame.effects, into: &core, reader.file, start)
        report.checkpointEntries += UInt64(frame.effects.count { $0.version != nil })
        number += 1
        guard frame.flags.contains(.endsCheckpoint) else { continue }
        if frame.entries == report.checkpointEntries, reader.offset == reader.size { return }
        fault = "\(report.checkpointEntries) entries are here, of \(frame.entries)"
      case .end: fault = "the checkpoint has no end"
      case .bad(let what): fault = what
      }
      guard repair else { throw LogError(.damaged, reader.file, at: start, fault) }
      report.dropped.append(
        .init(file: reader.file, byte: start, what: fault, bytes: reader.size - start))
      return
    }
  }

  /// Puts effects into the core, as a batch of their own.
  private func load(
    _ effects: [KeyValueEffect], into core: inout KeyValueCore, _ file: String, _ byte: Int
  ) throws(LogError) {
    for effect in effects {
      do throws(KeyValueCore.Refusal) {
        guard effect == .clear else {
          _ = try core.load(effect)
          continue
        }
        // There were no other replicas then, so nothing is left behind, whatever holds now: a
        // tombstone of today would be newer than the writes that follow.
        let keeps = core.settings.keepsTombstones
        core.settings.keepsTombstones = false
        defer { core.settings.keepsTombstones = keeps }
        _ = try core.load(effect)
      } catch { throw LogError(.damaged, file, at: byte, "\(error)") }
    }
    core.finishBatch()
    core.endBatch()
  }

  // MARK: The log

  private mutating func readLog(
    from first: UInt64, _ files: LogFiles, into core: inout KeyValueCore
  ) throws(LogError) {
    cut = (0, LogHeader.bytes, first)
    guard segments.first?.first == first else {
      let file = disk.path + "/" + LogFiles.segment(first)
      let what = "the log that goes on from here is missing"
      guard repair else { throw LogError(.missing, file, what) }
      report.dropped.append(
        .init(file: file, byte: 0, what: what, bytes: try drop(keepsCut: false)))
      report.lastFrame = first - 1
      return
    }
    var number = first
    for index in segments.indices {
      if try isUnused(index, before: number) { continue }
      guard segments[index].first == number else {
        let what = "frame \(number) is missing before '\(segments[index].name)'"
        return try end(segment: max(cut.segment, index - 1), at: nil, number, what)
      }
      var reader: FrameReader
      do throws(LogError) { reader = try open(index) } catch {
        guard repair else { throw error }
        let bytes = try drop(keepsCut: cut.segment < index)
        report.dropped.append(.init(file: error.file, byte: 0, what: error.what, bytes: bytes))
        report.lastFrame = cut.frame - 1
        return
      }
      if cut.frame == number { cut = (index, reader.offset, number) }
      if let fault = try readFrames(&reader, index, &number, into: &core) {
        return try end(segment: index, at: reader.offset, number, fault)
      }
      report.logBytes += reader.size
    }
    report.lastFrame = number - 1
    guard cut.frame == number else {
      return try end(segment: segments.count - 1, at: nil, number, "a batch has no end")
    }
  }

  /// Whether a segment has no frames and the one before went on instead: the disk refused when its
  /// name was to be stored.
  private func isUnused(_ index: Int, before number: UInt64) throws(LogError) -> Bool {
    guard segments[index].first < number else { return false }
    do throws(DiskError) {
      return try disk.size(of: segments[index].name) == LogHeader.bytes
    } catch { throw LogError(error) }
  }

  /// Reads the frames of a segment to its end; gives what is wrong with the one that is none.
  private mutating func readFrames(
    _ reader: inout FrameReader, _ index: Int, _ number: inout UInt64,
    into core: inout KeyValueCore
  ) throws(LogError) -> String? {
    while true {
      let start = reader.offset
      switch try reader.next(number) {
      case .end: return nil
      case .bad(let what): return what
      case .frame(let frame):
        pending += frame.effects
        number += 1
        guard frame.flags.contains(.endsBatch) else { continue }
        try load(pending, into: &core, reader.file, start)
        pending = []
        report.batches += 1
        report.frames += number - cut.frame
        cut = (index, reader.offset, number)
      }
    }
  }

  private func open(_ index: Int) throws(LogError) -> FrameReader {
    let reader = try FrameReader(disk, segments[index].name)
    guard reader.header.content == .log, reader.header.first == segments[index].first else {
      throw LogError(.damaged, reader.file, at: 12, "the header is that of another file")
    }
    guard reader.header.identity.store == report.identity?.store else {
      throw LogError(.foreign, reader.file, at: 13, "the file belongs to another store")
    }
    return reader
  }

  /// Ends the log before frame `number`, which is not whole at `byte` of a segment (nil: at its
  /// end).
  private mutating func end(
    segment: Int, at byte: Int?, _ number: UInt64, _ what: String
  ) throws(LogError) {
    var safe: UInt64 = 0
    for index in segment..<segments.count {
      let from = index > segment ? LogHeader.bytes : byte
      guard let from, var reader = try? open(index) else { continue }
      safe = max(safe, try reader.safeThrough(from: from, after: number) ?? 0)
    }
    let isDamage = safe >= number
    guard repair || !isDamage else {
      throw LogError(
        .damaged, disk.path + "/" + segments[segment].name, at: byte,
        "\(what), though it was safe: what follows was written after it was on the disk")
    }
    let tail = RecoveryReport.TornTail(
      file: disk.path + "/" + segments[cut.segment].name, byte: cut.byte, what: what,
      bytes: try drop(keepsCut: true))
    if isDamage { report.dropped.append(tail) } else { report.tornTail = tail }
    report.lastFrame = cut.frame - 1
  }

  /// Cuts the log at `cut`, and removes the segments behind; gives how many bytes that are.
  private func drop(keepsCut: Bool) throws(LogError) -> Int {
    var bytes = 0
    do throws(DiskError) {
      // The last first, so that what is left is always a log.
      for index in segments.indices.reversed() where index >= cut.segment {
        let (name, size) = (segments[index].name, try disk.size(of: segments[index].name))
        let kept = keepsCut && index == cut.segment ? cut.byte : 0
        bytes += size - kept
        guard !isReadOnly else { continue }
        if kept > 0 { try disk.truncate(name, to: kept) } else { try disk.remove(name) }
      }
      if !isReadOnly { try disk.synchronize() }
    } catch { throw LogError(error) }
    return bytes
  }
}
