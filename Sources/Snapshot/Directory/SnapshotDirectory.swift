import Primitives
import Streams

/// The directory in which a node keeps its snapshots, one folder each:
/// `<height>-<format>/` with `manifest`, `index` and `chunk-000000.zst`, `chunk-000001.zst`, …
/// (Docs/Snapshots.md, "Directory").
///
/// A snapshot is made under another name and gets its own when it is whole and on the disk, so what
/// has that name is whole, unless a disk or somebody damaged it.
public struct SnapshotDirectory: Sendable, Hashable {
  public let path: String

  /// Nothing is looked at or made yet.
  public init(path: String) { self.path = path }

  /// What the folder of a snapshot that is not finished begins with.
  static let partialPrefix = ".partial-"

  /// What lies in the directory.
  public struct Content: Sendable, Equatable {
    /// Snapshots, lowest first; of each only the name was looked at.
    public var snapshots: [SnapshotName] = []
    /// Snapshots that were begun and not finished, as paths.
    public var partial: [String] = []
    /// Whatever else, as paths.
    public var foreign: [String] = []

    /// Nothing.
    public init() {}
  }

  /// What lies here; nothing if there is no directory.
  public func content() throws(SnapshotError) -> Content {
    var content = Content()
    let names: [String]
    do throws(StreamError) {
      names = try Folder.names(in: path, limit: SnapshotLimits.directoryEntriesMax)
    } catch {
      if error.isAbsent { return content }
      throw .stream(error)
    }
    for name in names {
      let entry = path + "/" + name
      if name.hasPrefix(Self.partialPrefix) {
        content.partial.append(entry)
      } else if let snapshot = SnapshotName(name), Folder.isFolder(entry) {
        content.snapshots.append(snapshot)
      } else {
        content.foreign.append(entry)
      }
    }
    content.snapshots.sort()
    return content
  }

  /// Where a snapshot of this name is or would be.
  public func path(of name: SnapshotName) -> String { "\(path)/\(name)" }

  /// Opens a snapshot of format 2. Manifest, index and the lengths of all files are checked.
  public func open(_ name: SnapshotName) throws(SnapshotError) -> SnapshotFiles {
    guard Folder.isFolder(path(of: name)) else { throw .absent(path(of: name)) }
    return try SnapshotFiles(path: path(of: name), name: name)
  }

  /// Begins a snapshot of this name, in a folder of its own. What is left of one that was begun
  /// before is removed.
  public func begin(_ name: SnapshotName) throws(SnapshotError) -> PartialSnapshot {
    guard !Folder.isFolder(path(of: name)) else { throw .present(path(of: name)) }
    return try SnapshotError.files { () throws(StreamError) in
      try Folder.make(path)
      let partial = path + "/" + Self.partialPrefix + "\(name)"
      try Folder.remove(partial, filesMax: SnapshotLimits.filesMax)
      try Folder.make(partial)
      return PartialSnapshot(path: partial, target: path(of: name))
    }
  }

  /// Removes a snapshot. It gets the name of a partial one first, so that it is gone or whole.
  public func remove(_ name: SnapshotName) throws(SnapshotError) {
    try SnapshotError.files { () throws(StreamError) in
      let partial = path + "/" + Self.partialPrefix + "\(name)"
      try Folder.remove(partial, filesMax: SnapshotLimits.filesMax)
      try Folder.rename(path(of: name), to: partial)
      try Folder.remove(partial, filesMax: SnapshotLimits.filesMax)
    }
  }

  /// Removes what was begun and not finished; gives the paths. For a start, when nobody takes one.
  public func removePartial() throws(SnapshotError) -> [String] {
    let partial = try content().partial
    try SnapshotError.files { () throws(StreamError) in
      for path in partial { try Folder.remove(path, filesMax: SnapshotLimits.filesMax) }
    }
    return partial
  }
}

/// A snapshot that is being made in a folder of another name.
public struct PartialSnapshot: Sendable {
  public let path: String
  private let target: String

  init(path: String, target: String) {
    self.path = path
    self.target = target
  }

  /// Makes one of its files.
  public func file(_ name: String) throws(StreamError) -> NewFile {
    try NewFile(path: path + "/" + name)
  }

  /// Gives the snapshot its name, once all of its files are on the disk. Returns its path.
  @discardableResult
  public func finish() throws(SnapshotError) -> String {
    try SnapshotError.files { () throws(StreamError) in
      Folder.synchronize(path)
      try Folder.rename(path, to: target)
      return target
    }
  }

  /// Removes what was made. What cannot be removed is found at the next start.
  public func discard() {
    try? Folder.remove(path, filesMax: SnapshotLimits.filesMax)
  }
}
