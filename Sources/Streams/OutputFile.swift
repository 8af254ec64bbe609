import Glibc
import Primitives

/// A file that is written as a whole. A regular file, or one that is still to be made, is replaced
/// in one step: it holds the old bytes or the new ones, whatever happens. What is there otherwise
/// stays what it is: symbolic links are followed, devices and FIFOs are written through.
public struct OutputFile {
  private enum Place {
    /// Standard output by another name, such as /dev/stdout.
    case output
    /// A device or a FIFO.
    case through
    /// A regular file at this path without symbolic links; its status if it is there.
    case regular(String, stat?)
  }

  /// The path as it was given.
  public let path: String
  private let place: Place

  /// Looks at what is at `path`, so that nobody waits for what cannot be written. Throws if it is a
  /// folder, a block device or a socket, or if its folder is not there or cannot be written.
  public init(path: String) throws(StreamError) {
    self.path = path
    guard !path.isEmpty, path.utf8.last != UInt8(ascii: "/") else {
      throw .unfit(path, "is the name of a folder, not of a file")
    }
    var status = stat()
    if stat(path, &status) == 0 {
      place = try Self.place(path, status)
    } else if errno == ENOENT {
      place = .regular(try Self.target(of: path), nil)
    } else {
      throw .failed(path, "written", errno)
    }
    if case .regular(let file, _) = place { try Self.checkFolder(of: file, path) }
  }

  private static func place(_ path: String, _ status: stat) throws(StreamError) -> Place {
    if let refusal = status.refusal { throw .unfit(path, refusal) }
    if status.isKind(S_IFBLK) { throw .unfit(path, "is a block device, not a file") }
    guard access(path, W_OK) == 0 else { throw .failed(path, "written", errno) }
    if Console.isOutput(status) { return .output }
    guard status.isKind(S_IFREG) else { return .through }
    guard let real = realpath(path, nil) else { throw .failed(path, "written", errno) }
    defer { free(real) }
    return .regular(String(cString: real), status)
  }

  /// Where a file would be made that is not there: symbolic links that lead nowhere are followed.
  private static func target(of path: String) throws(StreamError) -> String {
    var target = path
    // The last look finds that it is no link any more.
    for _ in 0...StreamsLimits.linksMax {
      var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
      let count = buffer.withUnsafeMutableBytes {
        readlink(target, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
      }
      if count < 0 { return target }
      let link = String(decoding: buffer[..<count], as: UTF8.self)
      target = link.hasPrefix("/") ? link : folder(of: target) + "/" + link
    }
    throw .failed(path, "written", ELOOP)
  }

  private static func checkFolder(of file: String, _ path: String) throws(StreamError) {
    let folder = folder(of: file)
    guard access(folder, F_OK) == 0 else {
      throw .unfit(path, "cannot be made: there is no folder '\(folder)'")
    }
    guard access(folder, W_OK | X_OK) == 0 else {
      throw .unfit(path, "cannot be written: its folder '\(folder)': \(SystemText.of(errno))")
    }
  }

  private static func folder(of file: String) -> String {
    guard let slash = file.lastIndex(of: "/") else { return "." }
    return slash == file.startIndex ? "/" : String(file[..<slash])
  }

  /// True if the bytes go to standard output, where nothing else should stand then.
  public var isOutput: Bool {
    if case .output = place { true } else { false }
  }

  /// True if there is no file yet.
  public var isNew: Bool {
    if case .regular(_, nil) = place { true } else { false }
  }

  /// Writes the whole content. After an error a regular file is as it was.
  public func write(_ bytes: [UInt8]) throws(StreamError) {
    do {
      try write { (piece: ([UInt8]) throws(StreamError) -> Void) in try piece(bytes) }
    } catch let error as StreamError {
      throw error
    } catch {
      preconditionFailure("\(error) while nothing but bytes was written")
    }
  }

  /// Writes the content in the pieces that `body` gives. After an error, of the disk or of `body`,
  /// a regular file is as it was.
  public func write(
    _ body: (_ piece: ([UInt8]) throws(StreamError) -> Void) throws -> Void
  ) throws {
    switch place {
    case .output: try body { (bytes: [UInt8]) throws(StreamError) in Console.write(bytes) }
    case .through:
      let file = try open(path, O_WRONLY | O_NONBLOCK)
      file.setBlocking()
      try body { (bytes: [UInt8]) throws(StreamError) in try write(bytes, to: file) }
    case .regular(let target, let status): try replace(target, status, with: body)
    }
  }

  private func open(_ file: String, _ flags: Int32) throws(StreamError) -> Descriptor {
    switch Descriptor.open(file, flags) {
    case .success(let open): return open
    case .failure(let failure) where failure.code == ENXIO && file == path:
      throw .unfit(path, "is a FIFO that nobody reads")
    case .failure(let failure): throw .failed(path, "written", failure.code)
    }
  }

  private func write(_ bytes: [UInt8], to file: Descriptor) throws(StreamError) {
    if let failure = file.write(bytes).failure { throw .failed(path, "written", failure.code) }
  }

  private func replace(
    _ target: String, _ status: stat?,
    with body: (_ piece: ([UInt8]) throws(StreamError) -> Void) throws -> Void
  ) throws {
    let folder = Self.folder(of: target)
    let (name, file) = try temporary(in: folder)
    do {
      try body { (bytes: [UInt8]) throws(StreamError) in try write(bytes, to: file) }
      if let status { try keep(status, file) }
      guard fsync(file.number) == 0 else { throw StreamError.failed(path, "written", errno) }
      guard rename(name, target) == 0 else {
        throw StreamError.failed(path, "replaced", errno)
      }
    } catch {
      unlink(name)
      throw error
    }
    // The content is safe; that the name is too, not every file system can promise.
    if case .success(let open) = Descriptor.open(folder, O_RDONLY) { fsync(open.number) }
  }

  /// Gives the new file owner and permissions of the one that it replaces.
  private func keep(_ status: stat, _ file: Descriptor) throws(StreamError) {
    if let own = file.status, own.st_uid != status.st_uid || own.st_gid != status.st_gid {
      guard fchown(file.number, status.st_uid, status.st_gid) == 0 else {
        throw .unfit(path, "cannot be replaced: it belongs to somebody else")
      }
    }
    guard fchmod(file.number, status.st_mode & 0o7777) == 0 else {
      throw .failed(path, "written", errno)
    }
  }

  /// A new file beside the target.
  private func temporary(in folder: String) throws(StreamError) -> (String, Descriptor) {
    for number in 0..<StreamsLimits.temporaryNamesMax {
      let name = "\(folder)/.livesync-\(getpid())-\(number).new"
      switch Descriptor.open(name, O_WRONLY | O_CREAT | O_EXCL) {
      case .success(let open): return (name, open)
      case .failure(let failure) where failure.code == EEXIST: continue
      case .failure(let failure): throw .failed(path, "written", failure.code)
      }
    }
    throw .failed(path, "written", EEXIST)
  }
}
