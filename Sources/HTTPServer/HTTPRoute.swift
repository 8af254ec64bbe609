/// A path and what answers it.
public struct HTTPRoute: Sendable {
  /// Answers a request. It may take up to `HTTPLimits.handlerTime`, and is cancelled then, or when
  /// the server stops.
  public typealias Handler = @Sendable (HTTPRequest) async -> HTTPResponse

  /// `get`, which `head` is answered by too, or `post`.
  let method: HTTPMethod
  let path: [String]
  /// True if one more part of the path follows.
  let hasParameter: Bool
  let handler: Handler

  /// Answers GET and HEAD of `path`, such as `/status`; a path that ends with `/*` takes any one
  /// part in the place of the star.
  public static func get(_ path: String, _ handler: @escaping Handler) -> HTTPRoute {
    HTTPRoute(.get, path, handler)
  }

  /// Answers POST of `path`.
  public static func post(_ path: String, _ handler: @escaping Handler) -> HTTPRoute {
    HTTPRoute(.post, path, handler)
  }

  private init(_ method: HTTPMethod, _ path: String, _ handler: @escaping Handler) {
    let parts = path.split(separator: "/").map(String.init)
    hasParameter = parts.last == "*"
    self.method = method
    self.path = hasParameter ? parts.dropLast() : parts
    self.handler = handler
  }

  /// Whether the route is for this path.
  func takes(_ parts: [String]) -> Bool {
    hasParameter
      ? parts.count == path.count + 1 && parts.starts(with: path) : parts == path
  }
}
