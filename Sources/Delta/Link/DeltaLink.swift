import CRDT
import Primitives
import Reconciliation
import Runtime

/// One end of a link between two replicas: sends what the other end lacks, resends what it does not
/// acknowledge in time, and says when deltas are of no use any more. Both ends do the same. A
/// value: messages and times in, actions out.
///
/// Messages may be lost, repeated and reordered. The other end acknowledges by its version, which
/// has no gaps, so one lost acknowledgement is made up for by the next one; and nothing is asked of
/// memory that the other end could have lost.
public struct DeltaLink: Sendable {
  /// What the owner does.
  public enum Action: Sendable, Equatable {
    case send(DeltaMessage)
    /// Apply these in order to the state and take them into the log, in one transaction, then call
    /// `applied` with this number.
    case apply([LoggedOperation], number: UInt64)
    /// The peer has this much: the log may be told (`OperationLog.acknowledge`).
    case acknowledged(VersionVector)
    /// Deltas are of no use, for this reason: compare all that is held with the peer, let the log
    /// `adopt` what came of it, and call `open`. Nothing is sent before.
    case reconcile(DeltaError)
    /// The peer breaks the protocol.
    case penalise(DeltaError)
    /// The peer does not answer. Nothing is sent before it says something or `open` is called.
    case silent
  }

  /// A push under way.
  struct Flight: Sendable {
    let number: UInt64
    /// What the peer has when it has taken this.
    let to: VersionVector
    let bytes: Int
    /// The dictionary that it was made with.
    let dictionary: DictionaryID?
    let sent: Moment
  }

  let receiver: DeltaReceiver
  /// What of the log here the peer has; nil before it has said so.
  public internal(set) var peerVersion: VersionVector?
  /// What it will have when all that is under way has come.
  var sent = VersionVector()
  var flights: [Flight] = []
  var nextNumber: UInt64 = 1
  /// Bytes that may be under way.
  public internal(set) var window = DeltaLimits.windowBytesFirst
  /// When the last hello was sent that is not answered.
  var helloSent: Moment?
  var lateInRow = 0
  /// As many of them were in a row when the peer last came back and was sent all again.
  var lateHeard = 0
  /// Deltas that were refused there since it last took one, and here in a row.
  var refusedThere = 0
  var refusedHere = 0
  /// Times that the peer said that it has less than before.
  var rewinds = 0
  /// Whether nothing is sent, since the peer is silent or all is to be compared.
  public internal(set) var isHeld = false
  var isSilent = false
  /// What was measured of the line.
  public internal(set) var monitor: LinkMonitor
  /// Dictionaries that the peer has sent, and those that it was sent.
  var shelf = DictionaryShelf()
  var given: [DictionaryID] = []
  var dictionaryAttempts = 0

  /// - Parameters:
  ///   - receiver: which types of values are known here.
  ///   - monitor: what is known of the line.
  public init(receiver: DeltaReceiver = DeltaReceiver(), monitor: LinkMonitor = LinkMonitor()) {
    self.receiver = receiver
    self.monitor = monitor
  }

  /// Bytes under way.
  public var bytesUnderWay: Int { flights.reduce(0) { $0 + $1.bytes } }

  /// When `tick` is to be called; nil if nothing is waited for.
  public var deadline: Moment? {
    if let helloSent { return helloSent.advanced(by: monitor.patience(bytes: 0)) }
    guard let first = flights.first else { return nil }
    // They follow each other on one line.
    return first.sent.advanced(by: monitor.patience(bytes: bytesUnderWay))
  }

  /// The peer is there, or all was compared: tells it what is here and asks what it has.
  public mutating func open(_ log: OperationLog, at now: Moment) -> [Action] {
    isHeld = false
    isSilent = false
    lateInRow = 0
    lateHeard = 0
    refusedThere = 0
    refusedHere = 0
    rewinds = 0
    dictionaryAttempts = 0
    given = []
    peerVersion = nil
    giveUp()
    helloSent = now
    return [.send(.hello(log.version))]
  }

  /// The log has more than before.
  public mutating func changed(
    _ log: OperationLog, _ codec: DeltaCodec, at now: Moment
  ) -> [Action] {
    pump(log, codec, at: now)
  }

  /// A message of the peer came.
  public mutating func receive(
    _ message: DeltaMessage, _ log: OperationLog, _ codec: DeltaCodec, at now: Moment
  ) -> [Action] {
    guard isSilent else { return take(message, log, codec, at: now) }
    // There it is again.
    return open(log, at: now) + take(message, log, codec, at: now)
  }

  private mutating func take(
    _ message: DeltaMessage, _ log: OperationLog, _ codec: DeltaCodec, at now: Moment
  ) -> [Action] {
    switch message {
    case .hello(let version):
      return greeted(version, log, codec, at: now)
    case .push(let number, let bytes):
      return pushed(number, bytes, log, codec)
    case .ack(let number, let version):
      return acknowledged(number, version, log, codec, at: now)
    case .dictionary(let id, let frame):
      do throws(DeltaError) {
        shelf.add(try codec.dictionary(id, in: frame))
        return []
      } catch { return [.penalise(error)] }
    case .lacking(let number, let id):
      return lacked(id, by: number, log, codec, at: now)
    }
  }

  /// What `apply` gave out is stored, and the log has it.
  public func applied(_ number: UInt64, _ log: OperationLog) -> [Action] {
    [.send(.ack(number: number, log.version))]
  }

  /// Time has passed `deadline`.
  public mutating func tick(
    _ log: OperationLog, _ codec: DeltaCodec, at now: Moment
  ) -> [Action] {
    guard let deadline, now >= deadline, let sent = helloSent ?? flights.first?.sent
    else { return [] }
    monitor.timedOut(after: sent.duration(to: now), patience: sent.duration(to: deadline))
    lateInRow += 1
    window = max(DeltaLimits.windowBytesMin, window / 2)
    let isGreeting = helloSent != nil
    giveUp()
    guard lateInRow < DeltaLimits.attemptsMax else {
      isHeld = true
      isSilent = true
      helloSent = nil
      return [.silent]
    }
    guard isGreeting else { return pump(log, codec, at: now) }
    helloSent = now
    return [.send(.hello(log.version))]
  }
}
