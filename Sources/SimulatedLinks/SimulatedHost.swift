import Runtime
import SimulatedNetworking
import Transport

/// A machine with an address and a line: its links take turns on the line out, so none waits for
/// more than one segment of each other.
///
/// `@unchecked Sendable`: only the simulation's thread touches it.
public final class SimulatedHost: @unchecked Sendable {
  unowned let internet: SimulatedInternet
  public let number: Int
  public private(set) var address: SocketAddress.Host
  public var capacity: HostCapacity
  /// Whether it is switched on and at its line.
  public private(set) var isUp = true

  /// Whether what others dial it with comes to it. If not, as behind a firewall, it vanishes.
  public var takesLinks = true

  /// Processes that run on it, oldest first.
  private var makers: [SimulatedMaker] = []
  /// Ends of links that are not closed, in the order they were made.
  private(set) var ends: [SimulatedEnd] = []
  /// Ends with something to send, in turn.
  private var turns: [SimulatedEnd] = []
  private var isPumping = false
  private var isPumpScheduled = false
  private var uplinkFreeAt = Moment.start
  private var downlinkFreeAt = Moment.start
  private var nextPort = SimulatedLinksLimits.dialPortFirst
  /// Bytes that left the host and that came to it.
  public private(set) var sentBytes = 0
  public private(set) var receivedBytes = 0

  init(
    _ internet: SimulatedInternet, number: Int, at address: SocketAddress.Host,
    _ capacity: HostCapacity
  ) {
    self.internet = internet
    self.number = number
    self.address = address
    self.capacity = capacity
  }

  /// A process that makes links, until it is killed.
  public func process() -> SimulatedMaker {
    let maker = SimulatedMaker(self)
    makers.append(maker)
    return maker
  }

  /// The host has another address from now on. Its links carry nothing more, and nobody is told.
  public func move(to address: SocketAddress.Host) {
    for end in ends { end.fallSilent() }
    internet.giveUp(self.address)
    self.address = address
    internet.take(address, for: self)
  }

  /// The power or the line is gone: nothing leaves and nothing comes.
  /// - Parameter isTold: whether the ends of its links, here and elsewhere, are told at once.
  ///   Otherwise links that still exist when it comes back go on.
  public func goDown(isTold: Bool) {
    if isTold { for end in ends { end.breakAtBothEnds() } }
    isUp = false
  }

  /// The line is there again.
  public func comeUp() {
    isUp = true
    for host in internet.hosts { for end in host.ends { end.pathChanged() } }
  }

  /// Who takes links at a port.
  func listener(of port: UInt16) -> SimulatedMaker? {
    makers.first { $0.listeners[port] != nil }
  }

  func forget(_ maker: SimulatedMaker) { makers.removeAll { $0 === maker } }
  func add(_ end: SimulatedEnd) { ends.append(end) }
  func forget(_ end: SimulatedEnd) { ends.removeAll { $0 === end } }

  /// A port for a link that this host makes.
  func takePort() -> UInt16 {
    defer { nextPort = nextPort == .max ? SimulatedLinksLimits.dialPortFirst : nextPort + 1 }
    return nextPort
  }

  /// A link may have something to send.
  func wants(_ end: SimulatedEnd) {
    if !turns.contains(where: { $0 === end }) { turns.append(end) }
    pump()
  }

  private func pump() {
    guard !isPumping else { return }
    isPumping = true
    defer { isPumping = false }
    while !turns.isEmpty {
      let now = internet.runtime.now
      guard uplinkFreeAt <= now else { return pumpLater() }
      let end = turns.removeFirst()
      let bytes = end.sendSegment { time(for: $0, capacity.uploadBytesPerSecond) }
      guard let bytes else { continue }
      sentBytes += bytes
      uplinkFreeAt = now.advanced(by: time(for: bytes, capacity.uploadBytesPerSecond))
      if !turns.contains(where: { $0 === end }) { turns.append(end) }
    }
  }

  private func pumpLater() {
    guard !isPumpScheduled else { return }
    isPumpScheduled = true
    internet.runtime.schedule(at: uplinkFreeAt) {
      self.isPumpScheduled = false
      self.pump()
    }
  }

  private func time(for bytes: Int, _ rate: Int?) -> Duration {
    rate.map { SerialLine.time(for: bytes, rate: $0) } ?? .zero
  }

  private static func bytes(in time: Duration, _ rate: Int) -> Int {
    rate / 1_000 * Int(time.wholeNanoseconds / 1_000_000)
  }

  /// The moment at which bytes that come now have come through the line.
  func admit(_ bytes: Int) -> Moment {
    receivedBytes += bytes
    let start = max(internet.runtime.now, downlinkFreeAt)
    downlinkFreeAt = start.advanced(by: time(for: bytes, capacity.downloadBytesPerSecond))
    return downlinkFreeAt
  }

  /// Most bytes of a segment from here.
  var segmentBytesMax: Int {
    guard let rate = capacity.uploadBytesPerSecond else {
      return SimulatedLinksLimits.segmentBytesMax
    }
    return min(
      max(
        Self.bytes(in: SimulatedLinksLimits.segmentTime, rate), SimulatedLinksLimits.segmentBytesMin
      ),
      SimulatedLinksLimits.segmentBytesMax)
  }

  /// Bytes that may be on their way to another host on one link: what the slower of the lines takes
  /// in a round trip, and a segment more, as a transport that looks at its line would find.
  func windowBytes(to other: SimulatedHost) -> Int {
    let rates = [capacity.uploadBytesPerSecond, other.capacity.downloadBytesPerSecond]
    guard let rate = rates.compactMap(\.self).min() else {
      return SimulatedLinksLimits.windowBytesMax
    }
    let roundTrip = (internet.conditions.latency + internet.conditions.jitterMean) * 2
    let bytes = Self.bytes(in: roundTrip, rate) + segmentBytesMax
    return min(
      max(bytes, SimulatedLinksLimits.windowBytesMin), SimulatedLinksLimits.windowBytesMax)
  }
}
