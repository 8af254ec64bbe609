import Glibc
import Primitives

/// Why a stream or a file cannot be used, and which. A struct over a private enum, so that cases
/// can be added.
public struct StreamError: Error, Equatable, Sendable, CustomStringConvertible {
  private enum Kind: Equatable {
    case absent
    case present
    case unfit(String)
    case tooLarge(limit: Int)
    case locked
    case failed(doing: String, code: Int32)
  }

  private let kind: Kind
  /// The path as it was given, or the name of a standard stream.
  public let path: String

  /// There is no such file.
  static func absent(_ path: String) -> StreamError { .init(kind: .absent, path: path) }
  /// There is something where a new file was to be made.
  static func present(_ path: String) -> StreamError { .init(kind: .present, path: path) }
  /// What is there is of a kind that cannot be used; `what` goes on after the path.
  static func unfit(_ path: String, _ what: String) -> StreamError {
    .init(kind: .unfit(what), path: path)
  }
  /// There is more to read than is allowed, in bytes.
  static func tooLarge(_ path: String, limit: Int) -> StreamError {
    .init(kind: .tooLarge(limit: limit), path: path)
  }
  /// Another process writes this file.
  static func locked(_ path: String) -> StreamError { .init(kind: .locked, path: path) }
  /// The system refused; `doing` is such as "read", `code` is its errno.
  static func failed(_ path: String, _ doing: String, _ code: Int32) -> StreamError {
    .init(kind: .failed(doing: doing, code: code), path: path)
  }

  /// True if nothing is wrong with the path, but what was to be written there is lost: the device
  /// is full or broken, a limit is reached, or the reader has gone.
  public var isLoss: Bool {
    guard case .failed("written", let code) = kind else { return false }
    return [ENOSPC, EDQUOT, EFBIG, EIO, EPIPE, EBADF].contains(code)
  }

  /// True if there is no such file.
  public var isAbsent: Bool { kind == .absent }

  /// True if there is something where a new file was to be made.
  public var isPresent: Bool { kind == .present }

  public var description: String {
    let place = path == "-" ? "standard input" : "'\(path)'"
    let text =
      switch kind {
      case .absent: "there is no file \(place)"
      case .present: "\(place) is there already"
      case .unfit(let what): "\(place) \(what)"
      case .tooLarge(let limit): "\(place) is larger than \(limit) bytes"
      case .locked: "\(place) is being written by another run; name another folder with --out"
      case .failed(let doing, let code): "\(place) cannot be \(doing): \(SystemText.of(code))"
      }
    return PrintableText.line(text)
  }
}
