import Primitives

/// Why a log cannot be exported.
public enum ExportError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The log has more nodes than the form has room for.
  case tooManyNodes(limit: Int, sequence: UInt64)

  public var description: String {
    switch self {
    case .tooManyNodes(let limit, let sequence):
      "the log has more than \(limit) nodes, the first one too many in record \(sequence)"
    }
  }
}
