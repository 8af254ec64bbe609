/// The kind of a request: its number on the wire, its name, and what a message of it may be.
///
/// Whoever defines a request defines its kind with it; nothing here knows any. Two kinds with one
/// number are one kind.
public struct RequestType: Sendable {
  /// The number on the wire.
  public let rawValue: UInt16
  /// A stable name for the event log.
  public let name: String
  /// Largest payload of a request, in bytes.
  public let requestBytesMax: Int
  /// Largest payload of a response, in bytes: above what an honest peer can give. What has no bound
  /// by itself is cut by whoever answers and goes on where it stopped.
  public let responseBytesMax: Int
  /// Requests that one peer may send in the window of the rate limits, unless a node says
  /// otherwise.
  public let perWindowMax: Int
  /// How urgent it and its response are, where they share a line with others.
  public let traffic: TrafficClass

  /// - Parameter name: `request_` and the number if nil.
  public init(
    _ rawValue: UInt16, name: String? = nil,
    requestBytesMax: Int = NetworkingLimits.requestBytesMax,
    responseBytesMax: Int = NetworkingLimits.responseBytesMax,
    perWindowMax: Int = NetworkingLimits.requestsPerWindowMax,
    traffic: TrafficClass = .blocks
  ) {
    self.rawValue = rawValue
    self.name = name ?? "request_\(rawValue)"
    self.requestBytesMax = requestBytesMax
    self.responseBytesMax = responseBytesMax
    self.perWindowMax = perWindowMax
    self.traffic = traffic
  }
}

extension RequestType: Hashable, Comparable, CustomStringConvertible {
  public var description: String { name }

  public static func == (a: RequestType, b: RequestType) -> Bool { a.rawValue == b.rawValue }
  public static func < (a: RequestType, b: RequestType) -> Bool { a.rawValue < b.rawValue }
  public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}
