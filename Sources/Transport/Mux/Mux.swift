import Networking
import Primitives

/// The multiplexer of one connection at one end: streams of messages, their credit, and the order
/// in which bytes go out. A value: events and calls in, bytes and events out.
///
/// Frames go out only by `nextBytes(max:)`, so whoever drives it decides how much lies in the
/// kernel; whatever is more urgent goes before everything that was not asked for yet. What comes in
/// is held until `take(from:)`, and only then gets its sender new credit.
public struct Mux: Sendable {
  /// What goes before all messages, in order.
  enum Control: Sendable, Hashable {
    case open(StreamID)
    case credit(StreamID)
    case reset(StreamID, ResetCode)
    case ping(UInt64)
    case pong(UInt64)
  }

  /// How far the connection is from its end.
  enum Ending: Sendable, Hashable {
    case none
    /// A goodbye is the only frame still to be sent.
    case goodbye(GoodbyeReason)
    case closed
  }

  let settings: MuxSettings
  /// Largest messages on streams that the other end opens from now on, by what they are; nil: those
  /// of the settings for all.
  public var messageLimits: TagLimits?
  /// Bytes of incoming messages beyond the initial credit of their streams.
  private(set) var inboundPoolBytes: Int
  private var nextNumber: UInt64
  /// The highest stream that the other end opened, 0 if none.
  var highestTheirs: UInt64 = 0
  /// Parity of the streams that the other end opens.
  let theirParity: UInt64
  var streams: [StreamID: MuxStream] = [:]
  private(set) var oursCount = 0
  private(set) var theirsCount = 0

  var control: [Control] = []
  /// Streams with something to send, in turn, by class.
  var queues = [[StreamID]](repeating: [], count: TrafficClass.allCases.count)
  var scheduler = ClassScheduler()
  /// Streams whose message waits for room in the pool, by class.
  var waiting = [[StreamID]](repeating: [], count: TrafficClass.allCases.count)
  var grantScheduler = ClassScheduler()
  /// Bytes of the pool that are given as credit or hold messages.
  public internal(set) var inboundPoolUsed = 0
  /// Bytes of messages that wait to be sent, with their overhead.
  public internal(set) var outboundBytes = 0

  /// Values of our pings that wait for their pongs, in order.
  var pings: [UInt64] = []
  /// Pongs in `control`.
  var pongsQueued = 0
  var ending = Ending.none
  var hasTheirGoodbye = false
  /// What the other end did wrong.
  public internal(set) var violation: MuxViolation?

  public init(_ role: HandshakeRole, settings: MuxSettings = MuxSettings()) {
    self.settings = settings
    inboundPoolBytes = settings.inboundPoolBytes
    nextNumber = role == .initiator ? 1 : 2
    theirParity = role == .initiator ? 0 : 1
  }

  /// Streams that are open at this end, whoever opened them.
  public var streamCount: Int { streams.count }

  /// Opens a stream.
  /// - Parameter messageBytesMax: largest message that is taken on it, in bytes; that of the
  ///   settings if nil.
  /// - Throws: `closed`, `tooManyStreams`.
  public mutating func open(
    _ info: StreamInfo, messageBytesMax: Int? = nil
  ) throws(MuxError) -> StreamID {
    guard ending == .none else { throw .closed }
    guard oursCount < TransportLimits.streamsMax else {
      throw .tooManyStreams(limit: TransportLimits.streamsMax)
    }
    let id = StreamID(nextNumber)
    nextNumber += 2
    oursCount += 1
    streams[id] = MuxStream(
      id, info, isOurs: true, messageBytesMax: messageBytesMax ?? settings.messageBytesMax)
    control.append(.open(id))
    return id
  }

  /// Queues a message. Throws `closed`, `unknownStream`, `wrongDirection`, `ended`,
  /// `messageTooLarge`, and `full` if too much waits already: the caller drops the message or
  /// the connection.
  public mutating func send(_ message: [UInt8], on id: StreamID) throws(MuxError) {
    let traffic = try sendable(id).traffic
    guard message.count <= settings.messageBytesMax else {
      throw .messageTooLarge(bytes: message.count, limit: settings.messageBytesMax)
    }
    let bytes = outboundBytes + message.count + TransportLimits.messageOverheadBytes
    let reserved = traffic.isUrgent ? 0 : settings.outboundUrgentBytes
    guard bytes <= settings.outboundBytesMax - reserved else {
      throw .full(bytes: bytes, limit: settings.outboundBytesMax - reserved)
    }
    outboundBytes = bytes
    streams[id]?.outbound.append(message)
    enqueue(id)
  }

  /// Says that this end sends no further messages on the stream. Those of the other end still come;
  /// a stream is over when both have ended and everything was taken. Throws `closed`,
  /// `unknownStream`, `wrongDirection`, `ended`.
  public mutating func end(_ id: StreamID) throws(MuxError) {
    _ = try sendable(id)
    streams[id]?.outbound.isEndWanted = true
    enqueue(id)
  }

  /// Gives the stream up: nothing more of it is sent or comes. Throws `closed`, `unknownStream`.
  public mutating func reset(_ id: StreamID, _ code: ResetCode) throws(MuxError) {
    guard ending == .none else { throw .closed }
    guard streams[id]?.phase == .active else { throw .unknownStream(id) }
    giveUp(id, code)
  }

  /// The next whole message of a stream, nil if there is none. Gives its sender new credit.
  public mutating func take(from id: StreamID) -> [UInt8]? {
    guard let message = updatingPool(of: id, { $0.inbound.take() }) ?? nil else { return nil }
    updatingPool(of: id) { $0.inbound.renewCredit() }
    // What was renewed may be enough for the message that has begun.
    if let stream = streams[id], stream.isWaiting, !stream.inbound.lacksCredit { stopWaiting(id) }
    announceCredit(id)
    removeIfFinished(id)
    enqueue(id)
    grantWaiting()
    return message
  }

  /// Asks for a pong with `value`. Throws `closed`, `tooManyPings`.
  public mutating func ping(_ value: UInt64) throws(MuxError) {
    guard ending == .none else { throw .closed }
    guard pings.count < TransportLimits.pingsPendingMax else {
      throw .tooManyPings(limit: TransportLimits.pingsPendingMax)
    }
    pings.append(value)
    control.append(.ping(value))
  }

  /// Ends the connection: the goodbye is the last frame, whatever else waits. The first reason
  /// stays.
  public mutating func goodbye(_ reason: GoodbyeReason) {
    if ending == .none { ending = .goodbye(reason) }
  }

  /// Bytes that the pool lacks for the message that is next to get room in it.
  public var inboundBytesWanted: Int {
    guard let traffic = grantScheduler.next(ready: { !waiting[Int($0.rawValue)].isEmpty }),
      let id = waiting[Int(traffic.rawValue)].first, let missing = streams[id]?.inbound.missingPool
    else { return 0 }
    return max(0, inboundPoolUsed + missing - inboundPoolBytes)
  }

  /// Changes how many bytes the pool has. Credit that was given is not taken back; a message that
  /// is larger than the pool waits until the pool is larger.
  public mutating func setInboundPool(bytes: Int) {
    inboundPoolBytes = bytes
    grantWaiting()
  }

  /// What a stream is on which this end may send a message now. Not the stream itself: while there
  /// is a copy of it, every change copies its messages.
  private func sendable(_ id: StreamID) throws(MuxError) -> StreamInfo {
    guard ending == .none else { throw .closed }
    guard let stream = streams[id], stream.phase == .active else { throw .unknownStream(id) }
    guard stream.sendsMessages else { throw .wrongDirection(id) }
    guard !stream.outbound.isEndWanted else { throw .ended(id) }
    return stream.info
  }

  /// Adds a stream of the other end.
  mutating func accept(_ id: StreamID, _ info: StreamInfo) {
    theirsCount += 1
    streams[id] = MuxStream(
      id, info, isOurs: false,
      messageBytesMax: min(messageLimits?.limit(of: info) ?? .max, settings.messageBytesMax))
  }

  mutating func remove(_ id: StreamID) {
    guard let stream = streams.removeValue(forKey: id) else { return }
    inboundPoolUsed -= stream.inbound.pooled
    if stream.isOurs { oursCount -= 1 } else { theirsCount -= 1 }
  }

  mutating func removeIfFinished(_ id: StreamID) {
    if streams[id]?.isFinished ?? false { remove(id) }
  }

  /// Puts a stream into the queue of its class if it has something to send.
  mutating func enqueue(_ id: StreamID) {
    guard let stream = streams[id], stream.canSend, !stream.isQueued else { return }
    streams[id]?.isQueued = true
    queues[Int(stream.info.traffic.rawValue)].append(id)
  }

  /// Changes a stream and keeps the account of the pool; nil if there is no such stream.
  @discardableResult
  mutating func updatingPool<Result>(
    of id: StreamID, _ change: (inout MuxStream) -> Result
  ) -> Result? {
    // In place: a copy of the stream would copy its messages.
    guard let before = streams[id]?.inbound.pooled else { return nil }
    let result = change(&streams[id]!)
    inboundPoolUsed += (streams[id]?.inbound.pooled ?? before) - before
    return result
  }

  /// Drops what a stream holds and tells the other end.
  mutating func giveUp(_ id: StreamID, _ code: ResetCode) {
    dropMessages(of: id)
    if let index = control.firstIndex(of: .open(id)) {
      // The other end never knew of it.
      control.remove(at: index)
      remove(id)
    } else if let stream = streams[id], stream.isOurs, stream.inbound.hasEnded {
      // The acceptor is done with it and would not acknowledge a reset.
      remove(id)
    } else {
      streams[id]?.phase = .resetting(isSent: false)
      control.append(.reset(id, code))
    }
    grantWaiting()
  }

  mutating func dropMessages(of id: StreamID) {
    updatingPool(of: id) { $0.inbound.drop() }
    if streams[id]?.isWaiting ?? false { stopWaiting(id) }
    outboundBytes -= streams[id]?.outbound.drop() ?? 0
  }
}
