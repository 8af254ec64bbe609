import Primitives

/// A connection that carries bytes both ways in order, such as one of TCP. Used on the runtime's
/// thread only.
///
/// It asks for bytes when it can send some, so that what is most urgent is chosen as late as
/// possible.
public protocol ByteLink: AnyObject, Sendable {
  /// Tells `user` of everything from now on, and holds it until the link is over. Called once.
  func start(_ user: any ByteLinkUser)
  /// There may be something to send: the link asks for it as far as it has room.
  func flush()
  /// Sends what was taken of the user and `last`, then ends the link. The user is told and asked
  /// nothing more.
  func finish(with last: [UInt8])
  /// Ends the link at once. The user is told nothing more.
  func abort()
}

/// Who uses a link. All calls come on the runtime's thread.
public protocol ByteLinkUser: AnyObject, Sendable {
  /// Bytes of the other end have come.
  func received(_ bytes: ArraySlice<UInt8>)
  /// What is to be sent next, at most `max` bytes; empty if there is nothing now.
  func nextBytes(max: Int) -> [UInt8]
  /// The link is over; the last call.
  func ended(_ reason: LinkFailure)
}

/// Why a link ended, or could not be made.
public enum LinkFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// The other end has closed it.
  case closedByPeer
  /// The operating system's call and its `errno`.
  case system(call: String, code: Int32)
  /// No answer of the other end in `TransportLimits.dialTimeout`.
  case noAnswer

  public var description: String {
    switch self {
    case .closedByPeer: "closed by the other end"
    case .system(let call, let code): "\(call): \(SystemText.of(code))"
    case .noAnswer: "no answer"
    }
  }
}

/// What makes links: sockets, or lines of a simulation. Used on the runtime's thread only.
public protocol LinkMaker: AnyObject, Sendable {
  /// Takes links of others from now on.
  /// - Parameter accept: gets each, or why it had to be closed at once, and where it came from.
  /// - Returns: where it listens, with the port that was chosen for port 0.
  func listen(
    at address: SocketAddress,
    _ accept: @escaping (Result<any ByteLink, LinkFailure>, SocketAddress) -> Void
  ) throws(LinkFailure) -> SocketAddress
  /// Makes a link to `address`, and tells `done` once.
  func dial(
    _ address: SocketAddress, _ done: @escaping (Result<any ByteLink, LinkFailure>) -> Void)
  /// Takes no more links, and gives back what it listens with.
  func close()
}
