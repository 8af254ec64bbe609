import Primitives

/// Why a request brought no usable response.
///
/// A struct over a private enum, so that cases can be added without breaking callers.
public struct RequestError: Error, Hashable, Sendable, CustomStringConvertible {
  private enum Kind: Hashable {
    case timeout
    case disconnected
    case refused
    case tooManyPending
    case cancelled
    case undecodable(description: String, offset: Int)
    case tooLarge(bytes: Int, limit: Int)
  }

  private let kind: Kind

  /// No response in time: ask somebody else, trust this peer's speed less.
  public static let timeout = RequestError(kind: .timeout)
  /// The peer is not, or no longer, connected: ask somebody else.
  public static let disconnected = RequestError(kind: .disconnected)
  /// The peer does not serve this request, or not now: ask somebody else.
  public static let refused = RequestError(kind: .refused)
  /// Too many of our own requests are pending: wait for one to end.
  public static let tooManyPending = RequestError(kind: .tooManyPending)
  /// The asking task was cancelled: stop.
  public static let cancelled = RequestError(kind: .cancelled)
  /// The response is not the wire form of the expected type: the peer misbehaves.
  public static func undecodable(_ error: WireError) -> RequestError {
    RequestError(kind: .undecodable(description: error.description, offset: error.offset))
  }
  /// A request or response of `bytes` bytes is above its limit. If it is our request, we ask for
  /// too much at once; if it is the response, the peer misbehaves.
  public static func tooLarge(bytes: Int, limit: Int) -> RequestError {
    RequestError(kind: .tooLarge(bytes: bytes, limit: limit))
  }

  /// Whether the response, or the request, is above its limit.
  public var isTooLarge: Bool {
    if case .tooLarge = kind { true } else { false }
  }

  /// Whether an honest peer would never cause this.
  public var isMisbehaviour: Bool {
    switch kind {
    case .undecodable, .tooLarge: true
    case .timeout, .disconnected, .refused, .tooManyPending, .cancelled: false
    }
  }

  /// A stable name for the event log.
  public var reason: String {
    switch kind {
    case .timeout: "timeout"
    case .disconnected: "disconnected"
    case .refused: "refused"
    case .tooManyPending: "too_many_pending"
    case .cancelled: "cancelled"
    case .undecodable: "undecodable"
    case .tooLarge: "too_large"
    }
  }

  public var description: String {
    switch kind {
    case .timeout: "no response in time"
    case .disconnected: "the peer is not connected"
    case .refused: "the peer refused"
    case .tooManyPending: "too many requests are pending"
    case .cancelled: "the request was cancelled"
    case .undecodable(let description, _): "the response is undecodable: \(description)"
    case .tooLarge(let bytes, let limit): "\(bytes) bytes are above the limit of \(limit)"
    }
  }
}
