/// The named limits of the HTTP server: the defaults of `HTTPLimits`, and what cannot be set. Units
/// are part of the name or of the type.
public enum HTTPServerLimits {
  // MARK: Connections

  /// Connections at a time; whoever comes after them is told 503 and closed.
  public static let connectionsMax = 256
  /// Connections at a time of one IPv4 address, or of one /64 of IPv6, which one host can have.
  public static let connectionsPerAddressMax = 64
  /// Connections that are being refused, beside those that are served.
  public static let refusedConnectionsMax = 64
  /// Connections that the kernel keeps until they are accepted.
  public static let backlogMax = 128
  /// Time without any byte in either direction after which a connection is closed.
  public static let idleTimeMax: Duration = .seconds(30)
  /// Time from the first byte that could come to the last one of a request: also for a client that
  /// sends one byte at a time, and between two requests of a connection.
  public static let requestTimeMax: Duration = .seconds(20)
  /// Time that an answer may take to be sent; event streams have no end.
  public static let answerTimeMax: Duration = .seconds(60)
  /// Time that a handler may take; then the client is told 503.
  public static let handlerTimeMax: Duration = .seconds(10)
  /// Time between two looks at what is overdue.
  public static let lookInterval: Duration = .milliseconds(500)

  // MARK: Requests

  /// Memory for one connection in bytes: what a request line and its headers, or the part of an
  /// answer that is being sent, have to fit into.
  public static let connectionBytesMax = 16 << 10
  /// Longest path of a request in bytes, as it was sent.
  public static let pathBytesMax = 1_024
  /// Parts of a path between slashes.
  public static let pathSegmentsMax = 8
  /// Arguments behind the `?` of a request.
  public static let argumentsMax = 16
  /// Body of a request in bytes.
  public static let bodyBytesMax = 64 << 10

  // MARK: Event streams

  /// Clients of all event streams together.
  public static let eventClientsMax = 16
  /// Bytes of events that wait for one client; what does not fit is lost for it.
  public static let eventBufferBytesMax = 256 << 10
  /// Time after which something is sent on a silent event stream, so that a client that has gone is
  /// noticed.
  public static let heartbeatInterval: Duration = .seconds(15)
}

/// The limits of one HTTP server.
public struct HTTPLimits: Sendable, Hashable {
  /// As `HTTPServerLimits.connectionsMax`.
  public var connections = HTTPServerLimits.connectionsMax
  /// As `HTTPServerLimits.connectionsPerAddressMax`.
  public var connectionsPerAddress = HTTPServerLimits.connectionsPerAddressMax
  /// As `HTTPServerLimits.idleTimeMax`; in whole seconds, at least one.
  public var idleTime = HTTPServerLimits.idleTimeMax
  /// As `HTTPServerLimits.requestTimeMax`.
  public var requestTime = HTTPServerLimits.requestTimeMax
  /// As `HTTPServerLimits.answerTimeMax`.
  public var answerTime = HTTPServerLimits.answerTimeMax
  /// As `HTTPServerLimits.handlerTimeMax`.
  public var handlerTime = HTTPServerLimits.handlerTimeMax
  /// As `HTTPServerLimits.lookInterval`.
  public var lookInterval = HTTPServerLimits.lookInterval
  /// As `HTTPServerLimits.connectionBytesMax`.
  public var connectionBytes = HTTPServerLimits.connectionBytesMax
  /// As `HTTPServerLimits.bodyBytesMax`.
  public var bodyBytes = HTTPServerLimits.bodyBytesMax
  /// As `HTTPServerLimits.eventClientsMax`.
  public var eventClients = HTTPServerLimits.eventClientsMax
  /// As `HTTPServerLimits.eventBufferBytesMax`.
  public var eventBufferBytes = HTTPServerLimits.eventBufferBytesMax
  /// As `HTTPServerLimits.heartbeatInterval`.
  public var heartbeat = HTTPServerLimits.heartbeatInterval

  /// The defaults.
  public init() {}
}
