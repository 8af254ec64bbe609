/// What a handler answers.
public struct HTTPResponse: Sendable {
  /// What follows the headers.
  enum Body: Sendable {
    case bytes([UInt8])
    case events(HTTPEventHub)
  }

  /// A header line beside those that the server sends with every answer.
  public struct Header: Sendable, Hashable {
    public let name: String
    public let value: String

    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// Such as 200.
  public let status: Int
  public let contentType: String
  /// Without line feeds. One with a name that the server sends too takes its place.
  public let headers: [Header]
  let body: Body

  public init(
    status: Int = 200, contentType: String, headers: [Header] = [], bytes: [UInt8]
  ) {
    self.status = status
    self.contentType = contentType
    self.headers = headers
    body = .bytes(bytes)
  }

  /// A stream of server-sent events: what `hub` is given from now on.
  public init(events hub: HTTPEventHub) {
    status = 200
    contentType = "text/event-stream; charset=utf-8"
    headers = []
    body = .events(hub)
  }

  /// A line for people.
  public static func text(
    _ status: Int, _ line: String, headers: [Header] = []
  ) -> HTTPResponse {
    HTTPResponse(
      status: status, contentType: "text/plain; charset=utf-8", headers: headers,
      bytes: Array((line + "\n").utf8))
  }

  /// A JSON document.
  public static func json(_ status: Int, _ document: String) -> HTTPResponse {
    HTTPResponse(
      status: status, contentType: "application/json; charset=utf-8",
      bytes: Array((document + "\n").utf8))
  }

  /// The bytes of the body; nil for a stream of events.
  public var bytes: [UInt8]? {
    if case .bytes(let bytes) = body { bytes } else { nil }
  }

  /// The headers of every answer: a browser is to believe the type that is said, to load nothing
  /// for it, to show it in no frame, to keep no copy and to tell nobody of it.
  static let common = [
    Header("X-Content-Type-Options", "nosniff"),
    Header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    Header("Cache-Control", "no-store"),
    Header("Referrer-Policy", "no-referrer"),
    Header("Cross-Origin-Resource-Policy", "same-origin"),
  ]

  /// All header lines of the answer.
  var headerLines: [Header] {
    let names = Set(headers.map { $0.name.lowercased() })
    return [Header("Content-Type", contentType)] + headers
      + Self.common.filter { !names.contains($0.name.lowercased()) }
  }
}
