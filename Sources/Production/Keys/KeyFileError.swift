import Primitives
import Streams

/// Why a key file cannot be used, and which. A struct over a private enum, so that cases can be
/// added. Says nothing of what is secret.
public struct KeyFileError: Error, Equatable, Sendable, CustomStringConvertible {
  private enum Kind: Equatable {
    case stream(StreamError)
    case malformed(String, line: Int)
    case wrongKind(expected: KeyFile.Kind, found: KeyFile.Kind)
  }

  private let kind: Kind
  /// The path as it was given.
  public let path: String

  /// The file cannot be made or read: it is there already, or not there; others may read it.
  static func stream(_ error: StreamError) -> KeyFileError {
    .init(kind: .stream(error), path: error.path)
  }
  /// A line, counted from 1, is not as it must be.
  static func malformed(_ what: String, line: Int, of path: String) -> KeyFileError {
    .init(kind: .malformed(what, line: line), path: path)
  }
  /// The file holds keys of another kind.
  static func wrongKind(
    expected: KeyFile.Kind, found: KeyFile.Kind, of path: String
  ) -> KeyFileError {
    .init(kind: .wrongKind(expected: expected, found: found), path: path)
  }

  /// True if there is no file.
  public var isAbsent: Bool {
    if case .stream(let error) = kind { error.isAbsent } else { false }
  }

  /// True if there is a file already where one was to be made.
  public var isPresent: Bool {
    if case .stream(let error) = kind { error.isPresent } else { false }
  }

  public var description: String {
    switch kind {
    case .stream(let error): error.description
    case .malformed(let what, let line): PrintableText.line("\(path): line \(line): \(what)")
    case .wrongKind(let expected, let found):
      PrintableText.line("\(path): holds a \(found.rawValue) key, not a \(expected.rawValue) key")
    }
  }
}
