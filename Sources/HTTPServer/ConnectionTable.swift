import Runtime

/// The connections of a server: who may come, and who takes too long. A core: time comes from
/// outside.
package struct ConnectionTable: Sendable {
  /// What a connection is doing.
  package enum Phase: Sendable, Hashable {
    /// A request is to come, or is coming.
    case receiving
    /// A handler works at the answer, within its own time.
    case handling
    /// An answer is being sent.
    case answering
    /// Events are sent, without an end.
    case streaming
    /// It was shut down, and the library is about to close it.
    case cut
  }

  private struct Connection: Sendable {
    let socket: Int32
    /// Whom it is counted with; nil if it was refused.
    let group: [UInt8]?
    var phase: Phase
    var since: Moment
  }

  private let limits: HTTPLimits
  private var connections: [UInt: Connection] = [:]
  private var perGroup: [[UInt8]: Int] = [:]

  package init(_ limits: HTTPLimits) { self.limits = limits }

  /// Connections that are served.
  package private(set) var count = 0

  /// Takes a connection in. False if there are too many, in all or of its address; it is kept until
  /// it closes nonetheless.
  package mutating func open(_ id: UInt, socket: Int32, address: [UInt8], now: Moment) -> Bool {
    let group = Self.group(of: address)
    let isServed =
      count < limits.connections && perGroup[group, default: 0] < limits.connectionsPerAddress
    connections[id] = Connection(
      socket: socket, group: isServed ? group : nil, phase: isServed ? .receiving : .cut,
      since: now)
    if isServed {
      count += 1
      perGroup[group, default: 0] += 1
    }
    return isServed
  }

  package mutating func close(_ id: UInt) {
    guard let group = connections.removeValue(forKey: id)?.group else { return }
    count -= 1
    let rest = perGroup[group, default: 1] - 1
    perGroup[group] = rest == 0 ? nil : rest
  }

  /// The connection does something else from now on.
  package mutating func move(_ id: UInt, to phase: Phase, now: Moment) {
    guard connections[id]?.phase != .cut else { return }
    connections[id]?.phase = phase
    connections[id]?.since = now
  }

  /// Sockets of the connections whose time is over; each is told once.
  package mutating func takeOverdue(_ now: Moment) -> [Int32] {
    let overdue = connections.filter { _, connection in
      guard let limit = time(of: connection.phase) else { return false }
      return connection.since.duration(to: now) >= limit
    }
    for (id, _) in overdue { connections[id]?.phase = .cut }
    return overdue.map(\.value.socket).sorted()
  }

  /// How long a phase may last; nil if it is limited elsewhere.
  private func time(of phase: Phase) -> Duration? {
    switch phase {
    case .receiving: limits.requestTime
    case .answering: limits.answerTime
    case .handling, .streaming, .cut: nil
    }
  }

  /// Whom an address of 16 bytes is counted with: one IPv4 address, one /64 of IPv6.
  private static func group(of address: [UInt8]) -> [UInt8] {
    let isV4 =
      address.prefix(10).allSatisfy { $0 == 0 } && address[10...].starts(with: [0xff, 0xff])
    return isV4 ? address : Array(address.prefix(8))
  }
}
