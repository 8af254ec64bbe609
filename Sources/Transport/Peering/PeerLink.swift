import Networking
import Primitives
import Runtime

/// The connection to a peer at one end, from its first byte to its last: the handshake, then
/// requests, answers and gossip, each on its stream. A value without I/O or a clock.
///
/// Calls give what happened; `nextBytes(max:)` what is to be sent. When a call throws, the
/// connection is over: what `nextBytes` still gives is a goodbye.
package struct PeerLink: ~Copyable {
  package let role: HandshakeRole
  package let settings: MuxSettings
  package private(set) var messageLimits: TagLimits
  private var handshake: PeerHandshake?
  package var connection: SecureConnection?
  /// What the handshake has to send.
  private var greeting: [UInt8]
  private let rekey: RekeySchedule

  /// Our requests on their streams, and the streams by number of request.
  package var asked: [StreamID: UInt64] = [:]
  package var streams: [UInt64: StreamID] = [:]
  /// Our requests that wait for a stream, in order.
  package var waiting: [WaitingAsk] = []
  /// The other end's exchanges that were not answered.
  package var asking: Set<StreamID> = []
  /// Tags of the other end's one-way streams.
  package var tags: [StreamID: UInt16] = [:]
  /// Our one-way streams by tag.
  package var oneWays: [UInt16: StreamID] = [:]

  package var life: PeerLinkLife

  /// - Parameters:
  ///   - messageLimits: largest messages that are taken, by type of request and topic.
  ///   - rekey: when keys are replaced; must be the same at both ends.
  ///   - now: the moment at which the connection was made.
  /// - Throws: if what we would send is too long.
  package init(
    _ handshake: consuming PeerHandshake, role: HandshakeRole, settings: MuxSettings,
    messageLimits: TagLimits, times: TransportTimes = TransportTimes(),
    rekey: RekeySchedule = RekeySchedule(), now: Moment
  ) throws(PeerLinkEnd) {
    self.role = role
    self.settings = settings
    self.messageLimits = messageLimits
    self.rekey = rekey
    life = PeerLinkLife(now: now, times: times)
    do throws(HandshakeError) {
      greeting = try handshake.begin()
    } catch { throw .handshake(error) }
    self.handshake = consume handshake
  }

  /// Whether the handshake is over.
  package var isOpen: Bool { connection != nil }
  /// Bytes of messages that wait to be sent.
  package var outboundBytes: Int {
    mutating get { connection?.mux.outboundBytes ?? 0 }
  }
  /// Whether `nextBytes` has something to give.
  package var hasBytes: Bool {
    mutating get {
      if !greeting.isEmpty { return true }
      return connection?.mux.hasBytes ?? false
    }
  }

  /// Takes bytes of the other end.
  /// - Parameter events: gets what happened, also before what is thrown: it does not matter how
  ///   the bytes are split.
  package mutating func receive(
    _ bytes: ArraySlice<UInt8>, now: Moment, into events: inout [PeerLinkEvent]
  ) throws(PeerLinkEnd) {
    life.heard(bytes.count, at: now)
    var input = bytes
    if connection == nil { try shake(&input, &events) }
    guard connection != nil, !input.isEmpty else { return }
    var happened: [MuxEvent] = []
    var failure: ConnectionError?
    do throws(ConnectionError) {
      try connection!.receive(input, into: &happened)
    } catch { failure = error }
    for event in happened { try handle(event, now: now, &events) }
    if let failure { throw .connection(failure) }
    openWaiting()
  }

  private mutating func shake(
    _ input: inout ArraySlice<UInt8>, _ events: inout [PeerLinkEvent]
  ) throws(PeerLinkEnd) {
    guard var handshake = handshake.take() else { return }
    do throws(HandshakeError) {
      greeting += try handshake.receive(&input)
      guard handshake.isComplete else {
        self.handshake = consume handshake
        return
      }
      let session = try handshake.finish(rekey: rekey)
      let (peer, attachment) = (session.peer, session.attachment)
      var connection = SecureConnection(session, role: role, settings: settings)
      connection.mux.messageLimits = messageLimits
      self.connection = consume connection
      events.append(.authenticated(peer, attachment: attachment))
    } catch { throw .handshake(error) }
  }

  /// What is to be sent now, at most `max` bytes.
  package mutating func nextBytes(max: Int, now: Moment) throws(PeerLinkEnd) -> [UInt8] {
    openWaiting()
    var bytes: [UInt8] = []
    if !greeting.isEmpty {
      bytes = Array(greeting.prefix(max))
      greeting.removeFirst(bytes.count)
    }
    if greeting.isEmpty, connection != nil, max - bytes.count >= TransportLimits.emitBytesMin {
      do throws(ConnectionError) {
        bytes += try connection!.nextBytes(max: max - bytes.count)
      } catch { throw .connection(error) }
    }
    let hasMore = hasBytes
    life.gave(bytes.count, hasMore: hasMore, at: now)
    return bytes
  }

  /// Numbers of our requests that have not ended, in order.
  package var openRequests: [UInt64] { (waiting.map(\.number) + streams.keys).sorted() }

  /// Bytes of messages on their way in beyond the initial credit of their streams, and those that
  /// are wanted more; nil before the handshake is over.
  package var inboundRoom: (used: Int, wanted: Int)? {
    mutating get {
      guard let used = connection?.mux.inboundPoolUsed,
        let wanted = connection?.mux.inboundBytesWanted
      else { return nil }
      return (used, wanted)
    }
  }

  package mutating func setInboundPool(bytes: Int) { connection?.mux.setInboundPool(bytes: bytes) }

  /// Asks for a sign of life that must come soon.
  package mutating func probe(now: Moment) {
    ping(now: now)
    life.probed(at: now)
  }

  /// Says goodbye: what `nextBytes` gives from now on is that and nothing else.
  package mutating func goodbye(_ reason: GoodbyeReason) {
    connection?.mux.goodbye(reason)
  }

  /// Changes what is taken on streams that the other end opens from now on.
  package mutating func setMessageLimits(_ limits: TagLimits) {
    messageLimits = limits
    connection?.mux.messageLimits = limits
  }

  /// Looks at the clock: sends a ping if one is due.
  /// - Throws: when the other end was silent or slow for too long.
  package mutating func tick(now: Moment) throws(PeerLinkEnd) {
    guard connection != nil else {
      if life.isHandshakeOver(at: now) { throw .handshakeTooSlow }
      return
    }
    if life.isSilent(at: now) { throw .silent }
    if !hasBytes { life.hadNothing(at: now) }
    if life.isStalled(at: now) { throw .stalled }
    if life.isPingDue(at: now) { ping(now: now) }
  }

  /// Asks for a sign of life, unless one is asked for.
  package mutating func ping(now: Moment) {
    guard !life.isPinging else { return }
    // Pings that wait are those of this end: one at a time, so there is room.
    guard (try? connection?.mux.ping(life.nextPing)) != nil else { return }
    life.pinged(at: now)
  }
}
