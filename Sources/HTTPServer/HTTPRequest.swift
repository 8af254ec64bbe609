/// The methods that are served.
public enum HTTPMethod: String, Sendable, CaseIterable {
  case get = "GET"
  case head = "HEAD"
  case post = "POST"
}

/// A request that was read to its end and is within all limits.
public struct HTTPRequest: Sendable, Hashable {
  /// `head` is answered as `get`, and the body is left out by the server.
  public let method: HTTPMethod
  /// The parts of the path between its slashes, decoded: never empty, `.` or `..`, and without
  /// slashes, backslashes and control characters.
  public let path: [String]
  /// What stands behind the `?`, decoded, in the order of the request.
  public let arguments: [Argument]
  /// At most `HTTPLimits.bodyBytes`.
  public let body: [UInt8]
  /// The part of the path that the route leaves open.
  public let parameter: String?

  /// A name with its value, which is empty if there is none.
  public struct Argument: Sendable, Hashable {
    public let name: String
    public let value: String

    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  public init(
    method: HTTPMethod, path: [String], arguments: [Argument] = [], body: [UInt8] = [],
    parameter: String? = nil
  ) {
    self.method = method
    self.path = path
    self.arguments = arguments
    self.body = body
    self.parameter = parameter
  }

  /// The value of the first argument with this name.
  public func argument(_ name: String) -> String? {
    arguments.first { $0.name == name }?.value
  }
}
