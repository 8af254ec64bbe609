import Primitives

/// What a disk refused.
public struct DiskError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was tried; with a file's name before it, a sentence's end.
  public enum Call: String, Sendable {
    case opened, made, read, written, cut, renamed, removed
    /// After this one nobody knows what is on the disk.
    case synced
  }

  public let doing: Call
  public let file: String
  /// The errno.
  public let code: Int32

  public init(doing: Call, file: String, code: Int32) {
    self.doing = doing
    self.file = file
    self.code = code
  }

  public var description: String { "'\(file)' cannot be \(doing.rawValue): \(SystemText.of(code))" }
}

/// Why a data directory of the key-value store cannot be used: which file, which byte, and what.
public struct LogError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Kind: Sendable, Hashable {
    /// The disk refused.
    case disk
    /// What was safe is not what was written.
    case damaged
    /// Something that must be there is not.
    case missing
    /// Of something else, or of another store.
    case foreign
    /// Of a format that this program does not know.
    case newerFormat
    /// Another process has it open.
    case locked
    /// The directory has a store already.
    case present
    /// What was to be imported cannot be.
    case refused
  }

  public let kind: Kind
  public let file: String
  /// From the file's begin.
  public let byte: Int?
  public let what: String

  public init(_ kind: Kind, _ file: String, at byte: Int? = nil, _ what: String) {
    self.kind = kind
    self.file = file
    self.byte = byte
    self.what = what
  }

  init(_ error: DiskError) {
    self.init(.disk, error.file, "cannot be \(error.doing.rawValue): \(SystemText.of(error.code))")
  }

  public var description: String {
    PrintableText.line("'\(file)'" + (byte.map { " at byte \($0)" } ?? "") + ": \(what)")
  }
}
