import Runtime
import Transport

/// Sockets of a peer that can be cut off: then its links end, nobody reaches it, and what it dials
/// waits.
///
/// `@unchecked Sendable`: touched on the loop's thread only.
final class SocketGate: LinkMaker, @unchecked Sendable {
  private let base: SocketMaker
  private var isOpen = false
  private var links: [ObjectIdentifier: GateLink] = [:]
  private var waiting: [() -> Void] = []

  init(_ base: SocketMaker) { self.base = base }

  func set(_ isOpen: Bool) {
    self.isOpen = isOpen
    if isOpen {
      let dials = waiting
      waiting = []
      for dial in dials { dial() }
    } else {
      for link in links.values { link.cut() }
    }
  }

  func listen(
    at address: SocketAddress,
    _ accept: @escaping (Result<any ByteLink, LinkFailure>, SocketAddress) -> Void
  ) throws(LinkFailure) -> SocketAddress {
    try base.listen(at: address) { result, from in
      guard case .success(let link) = result else { return accept(result, from) }
      guard self.isOpen else { return link.abort() }
      accept(.success(self.gated(link)), from)
    }
  }

  func dial(
    _ address: SocketAddress, _ done: @escaping (Result<any ByteLink, LinkFailure>) -> Void
  ) {
    guard isOpen else { return waiting.append { self.dial(address, done) } }
    base.dial(address) { result in
      switch result {
      case .failure(let failure): done(.failure(failure))
      case .success(let link):
        guard self.isOpen else {
          link.abort()
          return done(.failure(.noAnswer))
        }
        done(.success(self.gated(link)))
      }
    }
  }

  func close() {
    waiting = []
    base.close()
  }

  private func gated(_ link: any ByteLink) -> GateLink {
    let gated = GateLink(link) { self.links[$0] = nil }
    links[ObjectIdentifier(gated)] = gated
    return gated
  }
}

/// A link of a gate. `@unchecked Sendable`: touched on the loop's thread only.
private final class GateLink: ByteLink, ByteLinkUser, @unchecked Sendable {
  private let base: any ByteLink
  private let over: (ObjectIdentifier) -> Void
  private var user: (any ByteLinkUser)?

  init(_ base: any ByteLink, over: @escaping (ObjectIdentifier) -> Void) {
    self.base = base
    self.over = over
  }

  func start(_ user: any ByteLinkUser) {
    self.user = user
    base.start(self)
  }

  func flush() { base.flush() }

  func finish(with last: [UInt8]) {
    release()
    base.finish(with: last)
  }

  func abort() {
    release()
    base.abort()
  }

  func cut() {
    let user = user
    abort()
    user?.ended(.closedByPeer)
  }

  func received(_ bytes: ArraySlice<UInt8>) { user?.received(bytes) }
  func nextBytes(max: Int) -> [UInt8] { user?.nextBytes(max: max) ?? [] }

  func ended(_ reason: LinkFailure) {
    let user = user
    release()
    user?.ended(reason)
  }

  private func release() {
    user = nil
    over(ObjectIdentifier(self))
  }
}
