import Networking
import Primitives

/// One stream at one end.
struct MuxStream: Sendable {
  /// How a stream that is given up comes to its end.
  enum Phase: Sendable, Hashable {
    case active
    /// This end gave it up; the other end is to acknowledge that. What comes until then is dropped.
    case resetting(isSent: Bool)
    /// The other end gave it up; the acknowledgement waits to be sent.
    case acknowledging
  }

  let id: StreamID
  let info: StreamInfo
  /// Whether this end opened it.
  let isOurs: Bool
  var phase = Phase.active
  var inbound: InboundMessages
  var outbound: OutboundMessages
  /// Whether the stream stands in the queue of its class.
  var isQueued = false
  /// Whether a credit frame for it stands in the queue.
  var isCreditQueued = false
  /// Whether its message waits for room in the pool: exactly while it lacks credit.
  var isWaiting = false

  init(_ id: StreamID, _ info: StreamInfo, isOurs: Bool, messageBytesMax: Int) {
    self.id = id
    self.info = info
    self.isOurs = isOurs
    inbound = InboundMessages(messageBytesMax: messageBytesMax)
    outbound = OutboundMessages()
    // The acceptor of a one-way stream has nothing to send but the end that frees the stream.
    if !isOurs, info.kind == .oneWay { outbound.isEndWanted = true }
  }

  /// Whether this end may send messages.
  var sendsMessages: Bool { isOurs || info.kind == .exchange }
  /// Whether the other end may.
  var takesMessages: Bool { !isOurs || info.kind == .exchange }

  /// Whether a frame of the stream could be sent now.
  var canSend: Bool {
    guard phase == .active else { return false }
    if outbound.canSendPiece { return true }
    guard outbound.queue.isEmpty, outbound.isEndWanted, !outbound.isEndSent else { return false }
    // The acceptor's end says that it holds nothing of the stream any longer.
    return isOurs || inbound.isDrained
  }

  /// Whether nothing more can happen on it at this end.
  var isFinished: Bool {
    phase == .active && outbound.isEndSent && inbound.isDrained
  }
}

/// What comes in on a stream. All numbers of bytes count from the stream's beginning and charge
/// `TransportLimits.messageOverheadBytes` for each message.
struct InboundMessages: Sendable {
  /// A message that is not whole yet.
  struct Partial: Sendable {
    let length: Int
    var bytes: [UInt8]

    mutating func reserve() {
      if bytes.capacity < length { bytes.reserveCapacity(length) }
    }
  }

  /// Largest message that is taken, in bytes.
  let messageBytesMax: Int
  /// Bytes that may be sent, whether the other end knows it or not.
  var granted = TransportLimits.initialCreditBytes
  /// Bytes of these that the other end was told of.
  private(set) var announced = TransportLimits.initialCreditBytes
  var received = 0
  /// Bytes that have left the multiplexer.
  private(set) var consumed = 0
  /// Where the message ends that is not whole yet.
  private(set) var needed = 0
  var hasEnded = false
  private(set) var partial: Partial?
  private(set) var whole = MessageQueue()

  init(messageBytesMax: Int) { self.messageBytesMax = messageBytesMax }

  /// Whether the other end has ended and everything was taken.
  var isDrained: Bool { hasEnded && whole.isEmpty }
  /// Bytes that the stream takes of the pool.
  var pooled: Int { Self.pooled(granted: granted, consumed: consumed) }
  /// Bytes that it would take more if its message got all the credit that it needs.
  var missingPool: Int {
    Self.pooled(granted: max(granted, needed), consumed: consumed) - pooled
  }
  /// Whether the message that has begun cannot become whole by the credit given.
  var lacksCredit: Bool { partial != nil && needed > granted }

  private static func pooled(granted: Int, consumed: Int) -> Int {
    max(0, granted - consumed - TransportLimits.initialCreditBytes)
  }

  /// A message begins; its first piece and the overhead have been counted as received.
  /// - Returns: whether it is whole.
  mutating func begin(length: Int, piece: [UInt8]) -> Bool {
    needed = received - piece.count + length
    partial = Partial(length: length, bytes: piece)
    return finishIfWhole()
  }

  /// Bytes of `piece` that are too many for the message, or nil if none has begun.
  func excess(of piece: [UInt8]) -> Int? {
    partial.map { max(0, $0.bytes.count + piece.count - $0.length) }
  }

  /// The next piece, which must fit. Returns whether the message is whole.
  mutating func append(_ piece: [UInt8]) -> Bool {
    // Once all of it has its place in the pool.
    if !lacksCredit { partial?.reserve() }
    partial?.bytes += piece
    return finishIfWhole()
  }

  private mutating func finishIfWhole() -> Bool {
    guard let message = partial, message.bytes.count == message.length else { return false }
    whole.append(message.bytes)
    partial = nil
    return true
  }

  mutating func take() -> [UInt8]? {
    guard let message = whole.popFirst() else { return nil }
    consumed += message.count + TransportLimits.messageOverheadBytes
    return message
  }

  /// Gives back the initial credit for what was consumed, once half of it is used up.
  mutating func renewCredit() {
    #if MUTANTS
      if Mutant.isOn(.creditNotRenewed) { return }
    #endif
    let unused = granted - received
    guard !hasEnded, unused < TransportLimits.initialCreditBytes / 2 else { return }
    granted = max(granted, consumed + TransportLimits.initialCreditBytes)
  }

  /// The other end is told of all credit that it has.
  mutating func announceAll() { announced = granted }

  /// Drops everything that is held; what comes from now on is only counted.
  mutating func drop() {
    (partial, whole) = (nil, MessageQueue())
    consumed = granted
  }
}

/// What goes out on a stream.
struct OutboundMessages: Sendable {
  /// A piece is cut short by the caller's room only if it has at least so many bytes.
  private static let cutBytesMin = 256
  /// Bytes of a frame beside its piece, at most: the case, the stream, two lengths.
  private static let frameHeadBytesMax = 1 + 10 + 5 + 3

  var credit = TransportLimits.initialCreditBytes
  private(set) var queue = MessageQueue()
  /// Bytes of the first message that were sent; nil if it has not begun.
  private var sent: Int?
  var isEndWanted = false
  var isEndSent = false

  var canSendPiece: Bool {
    guard !queue.isEmpty else { return false }
    return sent == nil ? credit >= TransportLimits.messageOverheadBytes : credit > 0
  }

  mutating func append(_ message: [UInt8]) { queue.append(message) }

  /// The next frame of the first message in at most `room` bytes, nil if they are too few for it.
  /// - Returns: the frame, and the bytes that the message occupied if this was its last piece.
  mutating func nextPiece(
    _ id: StreamID, _ traffic: TrafficClass, room: Int
  ) -> (frame: MuxFrame, freed: Int?)? {
    let message = queue.head
    let offset = sent ?? 0
    let overhead = sent == nil ? TransportLimits.messageOverheadBytes : 0
    let wanted = min(message.count - offset, credit - overhead, traffic.pieceBytesMax)
    let count = min(wanted, room - Self.frameHeadBytesMax)
    guard count >= min(wanted, Self.cutBytesMin) else { return nil }
    let piece = Array(message[offset..<offset + count])
    let frame: MuxFrame =
      sent == nil
      ? .begin(id, length: message.count, piece: piece) : .more(id, piece: piece)
    credit -= count + overhead
    sent = offset + count
    #if MUTANTS
      if Mutant.isOn(.pieceRepeated) { sent = offset + count - 1 }
    #endif
    guard offset + count == message.count else { return (frame, nil) }
    _ = queue.popFirst()
    sent = nil
    return (frame, message.count + TransportLimits.messageOverheadBytes)
  }

  /// Drops all messages; gives the bytes that they occupied.
  mutating func drop() -> Int {
    var freed = 0
    while let message = queue.popFirst() {
      freed += message.count + TransportLimits.messageOverheadBytes
    }
    sent = nil
    return freed
  }
}
