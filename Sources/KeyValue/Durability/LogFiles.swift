/// The files of a data directory, by their names.
struct LogFiles {
  struct Numbered {
    let name: String
    let first: UInt64
  }

  /// Files that get their names when they are whole.
  static let newCheckpoint = "checkpoint.new"
  static let newSegment = "log.new"
  private static let logPrefix = "log-"
  private static let checkpointPrefix = "checkpoint-"

  /// Log files in the order of their first frames.
  let segments: [Numbered]
  /// Checkpoints, the newest last.
  let checkpoints: [Numbered]
  /// Files that never got their names.
  let unfinished: [String]

  init(_ disk: any LogDisk) throws(LogError) {
    let names: [String]
    do throws(DiskError) { names = try disk.names() } catch { throw LogError(error) }
    // Names with fixed digits are in the order of their numbers.
    segments = Self.numbered(names, Self.logPrefix)
    checkpoints = Self.numbered(names, Self.checkpointPrefix)
    unfinished = names.filter { $0 == Self.newCheckpoint || $0 == Self.newSegment }
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
