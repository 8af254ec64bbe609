/// A directory with files that grow at their ends. The only way of log and checkpoints to a disk,
/// so that tests have one that fails, tears and forgets.
public protocol LogDisk: AnyObject, Sendable {
  /// The directory, as errors name it.
  var path: String { get }
  /// The names of its files.
  func names() throws(DiskError) -> [String]
  /// How long a file is.
  func size(of name: String) throws(DiskError) -> Int
  /// The bytes from `offset` on: `count`, or fewer at the end.
  func read(_ name: String, at offset: Int, count: Int) throws(DiskError) -> [UInt8]
  /// Makes a file anew; a file of this name must not be there.
  func create(_ name: String) throws(DiskError) -> any LogDiskFile
  /// Gives a file another name; what has that name goes.
  func rename(_ name: String, to target: String) throws(DiskError)
  /// Removes a file if it is there.
  func remove(_ name: String) throws(DiskError)
  /// Cuts a file that is not open, and brings that to the disk.
  func truncate(_ name: String, to bytes: Int) throws(DiskError)
  /// Brings the names to the disk.
  func synchronize() throws(DiskError)
  /// Lets other processes write, as none of this one will.
  func unlock()
}

extension LogDisk {
  public func unlock() {}
}

/// A file that is open for writing at its end.
public protocol LogDiskFile: AnyObject, Sendable {
  /// Writes all bytes; after an error the file may have some of them.
  func append(_ bytes: UnsafeRawBufferPointer) throws(DiskError)
  /// Cuts the file.
  func truncate(to bytes: Int) throws(DiskError)
  /// Brings what was written to the disk. From any thread.
  func synchronize() throws(DiskError)
}

/// Where work that waits for the disk is done.
public protocol LogWorker: AnyObject {
  /// Does `work`, then calls `done` on the thread of the caller with what it gave; before `run`
  /// returns if it does not wait elsewhere. One piece of work at a time.
  func run(_ work: @escaping @Sendable () -> DiskError?, done: @escaping (DiskError?) -> Void)
  /// Calls `done` on the thread of the caller after a small part of the time that the last work
  /// took; before `gather` returns if no time is measured.
  func gather(_ done: @escaping () -> Void)
}

/// Waits where it is called.
public final class InlineLogWorker: LogWorker {
  public init() {}

  public func run(
    _ work: @escaping @Sendable () -> DiskError?, done: @escaping (DiskError?) -> Void
  ) { done(work()) }

  public func gather(_ done: @escaping () -> Void) { done() }
}
