import Runtime
import Transport

/// What one process on a simulated host makes links with.
///
/// `@unchecked Sendable`: only the simulation's thread touches it.
public final class SimulatedMaker: LinkMaker, @unchecked Sendable {
  typealias Accept = (Result<any ByteLink, LinkFailure>, SocketAddress) -> Void

  /// Codes of the operating system, as on Linux.
  enum Code {
    static let addressInUse: Int32 = 98
    static let reset: Int32 = 104
    static let timedOut: Int32 = 110
    static let refused: Int32 = 111
  }

  public let host: SimulatedHost
  /// By port.
  private(set) var listeners: [UInt16: Accept] = [:]
  private(set) var isAlive = true
  private var ends: [SimulatedEnd] = []
  private var dialCount = 0

  init(_ host: SimulatedHost) { self.host = host }

  /// Takes links at the port of `address`, on whatever address the host has.
  public func listen(
    at address: SocketAddress,
    _ accept: @escaping (Result<any ByteLink, LinkFailure>, SocketAddress) -> Void
  ) throws(LinkFailure) -> SocketAddress {
    let port = address.port == 0 ? host.takePort() : address.port
    guard host.listener(of: port) == nil else {
      throw .system(call: "bind \(address)", code: Code.addressInUse)
    }
    listeners[port] = accept
    return SocketAddress(host.address, port: port)
  }

  public func close() { listeners = [:] }

  /// The process is gone, in whatever it was doing: its links end, and the other ends are told.
  public func kill() {
    isAlive = false
    close()
    for end in ends { end.abort() }
    host.forget(self)
  }

  public func dial(
    _ address: SocketAddress, _ done: @escaping (Result<any ByteLink, LinkFailure>) -> Void
  ) {
    let (internet, runtime) = (host.internet, host.internet.runtime)
    let dial = SimulatedDial { [self] result in
      dialCount -= 1
      // Nobody is there to be told.
      if isAlive { done(result) }
    }
    dialCount += 1
    guard dialCount <= SimulatedLinksLimits.dialsMax else {
      runtime.schedule(at: runtime.now) { dial.end(.failure(.noAnswer)) }
      return
    }
    runtime.schedule(after: TransportLimits.dialTimeout) { dial.end(.failure(.noAnswer)) }
    let isRefused = internet.random.chance(perMillion: internet.conditions.refusedPerMillion)
    runtime.schedule(after: internet.delay()) { [self] in
      knock(at: address, dial, isRefused: isRefused)
    }
  }

  /// A dial has come to where its address leads now.
  private func knock(at address: SocketAddress, _ dial: SimulatedDial, isRefused: Bool) {
    let (internet, runtime) = (host.internet, host.internet.runtime)
    guard let other = internet.host(address), other.takesLinks,
      internet.isOpen(from: host, to: other)
    else { return }
    let back = internet.delay()
    guard let listener = other.listener(of: address.port), !isRefused else {
      runtime.schedule(after: back) { [self] in
        guard internet.isOpen(from: other, to: host) else { return }
        dial.end(.failure(.system(call: "connect", code: Code.refused)))
      }
      return
    }
    let link = SimulatedLink(fault: internet.nextFault())
    let (here, there) = (SimulatedEnd(link, at: host), SimulatedEnd(link, at: other))
    here.join(there)
    keep(here)
    listener.keep(there)
    listener.listeners[address.port]?(
      .success(there), SocketAddress(host.address, port: host.takePort()))
    runtime.schedule(after: back) { [self] in
      guard internet.isOpen(from: other, to: host), !dial.isOver, isAlive else {
        return here.abort()
      }
      dial.end(.success(here))
    }
  }

  /// An end of this process, which goes with it.
  private func keep(_ end: SimulatedEnd) { ends = ends.filter { !$0.isClosed } + [end] }
}

/// A link that is being made: told once how that went.
private final class SimulatedDial {
  private let done: (Result<any ByteLink, LinkFailure>) -> Void
  private(set) var isOver = false

  init(_ done: @escaping (Result<any ByteLink, LinkFailure>) -> Void) { self.done = done }

  func end(_ result: Result<any ByteLink, LinkFailure>) {
    guard !isOver else { return }
    isOver = true
    done(result)
  }
}
