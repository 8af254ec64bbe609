import Primitives

/// A request with a typed response.
public protocol Request: WireCodable {
  associatedtype Response: WireCodable
  /// The kind it travels as.
  static var type: RequestType { get }
  /// Most bytes of the response if the request itself says so; nil: as its type allows.
  var answerBytesMax: Int? { get }
  /// Bytes that the response has at most unless a single part of it has more, if the request itself
  /// says so; nil: nothing is known.
  var answerBytesExpected: Int? { get }
}

extension Request {
  public var answerBytesMax: Int? { nil }
  public var answerBytesExpected: Int? { nil }
}

extension Network {
  /// Sends a request and waits for the response, which may be as large as its type allows.
  /// - Parameter timeout: from now until the whole response is here.
  public func send(
    _ type: RequestType, _ payload: [UInt8], to peer: PeerID, timeout: Duration
  ) async throws(RequestError) -> [UInt8] {
    try await send(
      type, payload, to: peer, timeout: timeout,
      answerBytesMax: type.responseBytesMax)
  }

  /// Sends `request` and waits for its response; sizes are checked before anything is decoded.
  /// - Parameters:
  ///   - timeout: from now until the whole response is here.
  ///   - answerBytesMax: most bytes of the response; never more than its type allows.
  public func request<R: Request>(
    _ request: R, to peer: PeerID, timeout: Duration, answerBytesMax: Int = .max
  ) async throws(RequestError) -> R.Response {
    let payload = request.wireBytes
    try Self.check(payload.count, against: R.type.requestBytesMax)
    let most = min(
      answerBytesMax, request.answerBytesMax ?? .max, R.type.responseBytesMax)
    let response = try await send(
      R.type, payload, to: peer, timeout: timeout, answerBytesMax: most)
    try Self.check(response.count, against: most)
    do throws(WireError) {
      return try R.Response(wireBytes: response)
    } catch {
      throw .undecodable(error)
    }
  }

  /// Answers requests of type `R`; a handler that returns nil refuses. Requests that are too large
  /// or undecodable are refused.
  /// - Parameter undecodable: told of requests that are refused for their bytes.
  public func serve<R: Request>(
    _ type: R.Type,
    undecodable: @escaping @Sendable (PeerID, RequestError) -> Void = { _, _ in },
    _ handler: @escaping @Sendable (PeerID, R) async -> R.Response?
  ) {
    serve(R.type) { peer, payload in
      do throws(RequestError) {
        try Self.check(payload.count, against: R.type.requestBytesMax)
      } catch {
        undecodable(peer, error)
        return nil
      }
      do throws(WireError) {
        return await handler(peer, try R(wireBytes: payload))?.wireBytes
      } catch {
        undecodable(peer, .undecodable(error))
        return nil
      }
    }
  }

  private static func check(_ bytes: Int, against limit: Int) throws(RequestError) {
    if bytes > limit { throw .tooLarge(bytes: bytes, limit: limit) }
  }
}
