import Glibc
import Primitives

/// A log in files of a bounded size: the newest has the log's name, older ones have a number before
/// the extension, 1 for the one before. The oldest is removed when there are too many.
///
/// Not safe from several threads: one writes.
public final class RotatingLog {
  public let path: String
  private let folder: String
  private let name: String
  private let filesMax: Int
  private let onCut: @Sendable (LogFile.Cut) -> Void
  private var file: LogFile?

  /// Begins a new file in `folder`, which is made if there is none; what an earlier run has left
  /// there is kept as an older one.
  /// - Parameters:
  ///   - filesMax: files that are kept with the newest, at least 1.
  ///   - onCut: called when a file cannot be written any further. The next file is tried anew.
  public init(
    folder: String, name: String, filesMax: Int, onCut: @escaping @Sendable (LogFile.Cut) -> Void
  ) throws(StreamError) {
    precondition(filesMax >= 1, "a log of \(filesMax) files")
    self.folder = folder
    self.name = name
    self.filesMax = filesMax
    self.onCut = onCut
    path = folder + "/" + name
    try Folder.make(folder)
    try shift()
    file = try LogFile(folder: folder, name: name, onCut: onCut)
  }

  /// Appends whole lines to the newest file. Returns how many of them it has taken in.
  @discardableResult
  public func write(_ lines: [UInt8]) -> Int { file?.write(lines) ?? 0 }

  /// Whether the newest file takes lines: it was begun and is not cut.
  public var isWritable: Bool { file?.isCut == false }

  /// Begins a new file. After an error there is none until the next call.
  public func rotate() throws(StreamError) {
    _ = file?.close()
    file = nil
    try shift()
    file = try LogFile(folder: folder, name: name, onCut: onCut)
  }

  /// Closes the newest file. Returns where it is cut; nil if it is whole.
  public func close() -> LogFile.Cut? { file?.close() }

  /// Gives every file the next number, and removes what is too old. A file without a byte counts as
  /// none: a full disk must not drive out the logs that are there.
  private func shift() throws(StreamError) {
    guard let bytes = regularBytes(path) else { return }
    if bytes == 0 || filesMax == 1 { return try remove(path) }
    for number in (1..<filesMax).reversed() where regularBytes(older(number)) != nil {
      if number == filesMax - 1 {
        try remove(older(number))
      } else {
        try move(older(number), to: older(number + 1))
      }
    }
    try move(path, to: older(1))
  }

  private func older(_ number: Int) -> String {
    guard let dot = name.lastIndex(of: ".") else { return "\(folder)/\(name).\(number)" }
    return "\(folder)/\(name[..<dot]).\(number)\(name[dot...])"
  }

  /// Bytes of a regular file, links not followed; devices and FIFOs are written through and never
  /// moved.
  private func regularBytes(_ path: String) -> Int? {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }

  private func move(_ from: String, to: String) throws(StreamError) {
    guard rename(from, to) == 0 else { throw .failed(from, "renamed", errno) }
  }

  private func remove(_ path: String) throws(StreamError) {
    guard unlink(path) == 0 || errno == ENOENT else { throw .failed(path, "removed", errno) }
  }
}
