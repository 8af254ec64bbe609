import Glibc

/// The files of a data directory, by their names.
struct LogFiles {
  struct Numbered {
    let name: String
    let first: UInt64
  }

  /// Files that get their names when they are whole.
  static let newCheckpoint = "checkpoint.new"
  static let newSegment = "log.new"
  /// Says that a sync failed: what the system has of other files may not be on the disk, though a
  /// later sync says so. It need not be on the disk itself: when the machine has started anew, the
  /// system has nothing but what is there.
  static let syncFailed = "sync-failed"
  private static let logPrefix = "log-"
  private static let checkpointPrefix = "checkpoint-"

  /// Log files in the order of their first frames.
  let segments: [Numbered]
  /// Checkpoints, the newest last.
  let checkpoints: [Numbered]
  /// Files that never got their names.
  let unfinished: [String]
  /// Whether a sync failed since they were written.
  let hasFailedSync: Bool

  init(_ disk: any LogDisk) throws(LogError) {
    let names: [String]
    do throws(DiskError) { names = try disk.names() } catch { throw LogError(error) }
    // Names with fixed digits are in the order of their numbers.
    segments = Self.numbered(names, Self.logPrefix)
    checkpoints = Self.numbered(names, Self.checkpointPrefix)
    hasFailedSync = names.contains(Self.syncFailed)
    unfinished = names.filter { $0 == Self.newCheckpoint || $0 == Self.newSegment }
  }

  /// The names of all log files and checkpoints.
  var all: [String] { (checkpoints + segments).map(\.name) }

  /// Notes that a sync failed; false if that could not be done.
  static func markFailedSync(_ disk: any LogDisk) -> Bool {
    do throws(DiskError) { _ = try disk.create(syncFailed) } catch { return error.code == EEXIST }
    return true
  }

  var isEmpty: Bool { segments.isEmpty && checkpoints.isEmpty }

  static func segment(_ first: UInt64) -> String { logPrefix + digits(first) }
  static func checkpoint(_ first: UInt64) -> String { checkpointPrefix + digits(first) }

  private static func digits(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  private static func numbered(_ names: [String], _ prefix: String) -> [Numbered] {
    names.sorted().compactMap { name in
      guard name.hasPrefix(prefix) else { return nil }
      guard let first = UInt64(name.dropFirst(prefix.count), radix: 16),
        name == prefix + digits(first)
      else { return nil }
      return Numbered(name: name, first: first)
    }
  }
}
