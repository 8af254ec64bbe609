/// A request before its body, as it was sent.
struct HTTPHead: Sendable {
  var method: String
  /// Percent-encoded, without arguments.
  var path: String
  /// Percent-encoded; a plus sign is a blank already.
  var arguments: [HTTPRequest.Argument] = []
  var host: String?
  var origin: String?
  var contentLength: String?
  var transferEncoding: String?
}

/// Decides from the head of a request what answers it.
struct HTTPRouter: Sendable {
  let routes: [HTTPRoute]
  /// False if any name of a host is taken.
  let checksHost: Bool
  let bodyBytesMax: Int
  /// Whether a text is an IPv4 or IPv6 address in digits.
  let isAddress: @Sendable (String) -> Bool

  /// What a request is, without its body, and what answers it.
  struct Match: Sendable {
    let request: HTTPRequest
    let handler: HTTPRoute.Handler
    /// Bytes of body to come.
    let bodyBytes: Int
  }

  func match(_ head: HTTPHead) -> Result<Match, HTTPRefusal> {
    if let refusal = refusal(ofHost: head) { return .failure(refusal) }
    let path: [String]
    switch HTTPTarget.path(head.path) {
    case .success(let parts): path = parts
    case .failure(let refusal): return .failure(refusal)
    }
    let candidates = routes.filter { $0.takes(path) }
    guard !candidates.isEmpty else { return .failure(HTTPRefusal(404, "there is no such page")) }
    let method = HTTPMethod(rawValue: head.method)
    guard let method, let route = candidates.first(where: { $0.method == method.served }) else {
      let allow = candidates.map { $0.method == .get ? "GET, HEAD" : "POST" }
      return .failure(
        HTTPRefusal(405, "not by this method", allow: allow.joined(separator: ", ")))
    }
    guard let arguments = arguments(head.arguments) else {
      return .failure(HTTPRefusal(400, "the arguments are too many or broken"))
    }
    switch bodyBytes(head, method) {
    case .failure(let refusal): return .failure(refusal)
    case .success(let bytes):
      return .success(
        Match(
          request: HTTPRequest(
            method: method, path: path, arguments: arguments,
            parameter: route.hasParameter ? path.last : nil),
          handler: route.handler, bodyBytes: bytes))
    }
  }

  /// A page of somebody else may have its name lead to this machine and so ask as if it were ours
  /// (DNS rebinding): where only this machine is served, the name must be one that nobody can set.
  /// And a page may send a form anywhere: its origin gives it away.
  private func refusal(ofHost head: HTTPHead) -> HTTPRefusal? {
    if checksHost {
      guard let host = head.host, isOwn(host) else {
        return HTTPRefusal(421, "ask for an address in digits or for localhost")
      }
    }
    if let origin = head.origin, head.method == HTTPMethod.post.rawValue {
      guard let host = head.host, origin == "http://\(host)" || origin == "https://\(host)" else {
        return HTTPRefusal(403, "a page of another origin may not post here")
      }
    }
    return nil
  }

  private func isOwn(_ host: String) -> Bool {
    if host.hasPrefix("[") {
      guard let end = host.firstIndex(of: "]") else { return false }
      let port = host[host.index(after: end)...]
      let name = String(host[host.index(after: host.startIndex)..<end])
      return name.contains(":") && isAddress(name) && (port.isEmpty || isPort(port))
    }
    let name = host.prefix { $0 != ":" }
    let port = host[name.endIndex...]
    guard port.isEmpty || isPort(port) else { return false }
    return name.lowercased() == "localhost" || isAddress(String(name))
  }

  /// A colon and digits.
  private func isPort(_ text: Substring) -> Bool {
    text.first == ":" && UInt16(text.dropFirst()) != nil
  }

  private func arguments(_ raw: [HTTPRequest.Argument]) -> [HTTPRequest.Argument]? {
    guard raw.count <= HTTPServerLimits.argumentsMax else { return nil }
    var arguments: [HTTPRequest.Argument] = []
    for argument in raw {
      guard let name = HTTPTarget.decoded(argument.name),
        let value = HTTPTarget.decoded(argument.value)
      else { return nil }
      arguments.append(HTTPRequest.Argument(name: name, value: value))
    }
    return arguments
  }

  /// How long the body will be. It has to be said: a body that turns out too long in the middle
  /// could not be refused before its end.
  private func bodyBytes(_ head: HTTPHead, _ method: HTTPMethod) -> Result<Int, HTTPRefusal> {
    guard head.transferEncoding == nil else {
      return .failure(HTTPRefusal(411, "say the length of the body"))
    }
    guard let length = head.contentLength else {
      return method == .post
        ? .failure(HTTPRefusal(411, "say the length of the body")) : .success(0)
    }
    guard !length.isEmpty, length.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      return .failure(HTTPRefusal(400, "the length of the body is no number"))
    }
    guard let bytes = Int(length), bytes <= (method == .post ? bodyBytesMax : 0) else {
      return .failure(
        method == .post
          ? HTTPRefusal(413, "the body is longer than \(bodyBytesMax) bytes")
          : HTTPRefusal(400, "no body belongs to this method"))
    }
    return .success(bytes)
  }
}

extension HTTPMethod {
  /// The method of the routes that answer this one.
  fileprivate var served: HTTPMethod { self == .head ? .get : self }
}
