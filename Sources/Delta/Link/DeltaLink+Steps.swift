import CRDT
import Runtime

extension DeltaLink {
  /// What is under way is taken for lost.
  mutating func giveUp() {
    sent = peerVersion ?? VersionVector()
    flights = []
    firstOfRun = nextNumber
  }

  /// Sends what the peer lacks, as much as has room in the window.
  mutating func pump(
    _ log: OperationLog, _ codec: DeltaCodec, at now: Moment
  ) -> [Action] {
    var actions: [Action] = []
    var underWay = bytesUnderWay
    while peerVersion != nil, !isHeld, flights.isEmpty || underWay < window {
      let delta: Delta
      do throws(DeltaError) {
        delta = try log.generateDelta(from: sent, bytesMax: DeltaLimits.pushBytesMax)
      } catch {
        return actions + hold(error)
      }
      guard !delta.isEmpty else { break }
      let encoded = codec.encode(
        delta, isPlain: dictionaryAttempts >= DeltaLimits.dictionaryAttemptsMax)
      if case .dictionary(let id) = encoded.compression, let dictionary = codec.dictionary,
        !given.contains(id)
      {
        actions.append(.send(.dictionary(id, codec.frame(of: dictionary))))
        given.append(id)
        if given.count > DeltaLimits.dictionariesMax { given.removeFirst() }
      }
      sent.merge(delta.to)
      flights.append(
        Flight(number: nextNumber, to: delta.to, bytes: encoded.bytes.count, sent: now))
      actions.append(.send(.push(number: nextNumber, encoded.bytes)))
      nextNumber += 1
      underWay += encoded.bytes.count
    }
    return actions
  }

  /// All is to be compared.
  private mutating func hold(_ error: DeltaError) -> [Action] {
    isHeld = true
    helloSent = nil
    giveUp()
    return [.reconcile(error)]
  }

  mutating func pushed(
    _ number: UInt64, _ bytes: [UInt8], _ log: OperationLog, _ codec: DeltaCodec
  ) -> [Action] {
    let delta: Delta
    do throws(DeltaError) {
      delta = try codec.decode(bytes, shelf)
    } catch {
      if let id = error.dictionary { return [.send(.lacking(number: number, id))] }
      return (error.isMisbehaviour ? [.penalise(error)] : []) + hold(error)
    }
    switch receiver.receive(delta, log: log) {
    case .known:
      heard(delta.to)
      return [.send(.ack(number: number, log.version))]
    case .apply(let operations):
      heard(delta.to)
      refusedHere = 0
      return [.apply(operations, number: number)]
    case .reconcile(let error):
      // Whoever sent it learns from the version that it was not taken, and begins earlier.
      let answer = Action.send(.ack(number: number, log.version))
      refusedHere += 1
      guard !error.isEarly || refusedHere > DeltaLimits.refusalsMax else { return [answer] }
      return [answer] + (isHeld ? [] : hold(error))
    }
  }

  /// The peer has sent this, so it has it, and need not be sent it.
  private mutating func heard(_ version: VersionVector) {
    guard peerVersion != nil else { return }
    peerVersion?.merge(version)
    sent.merge(version)
  }

  mutating func acknowledged(
    _ number: UInt64, _ version: VersionVector, _ log: OperationLog, _ codec: DeltaCodec,
    at now: Moment
  ) -> [Action] {
    var actions: [Action] = []
    let before = peerVersion
    var known = before ?? VersionVector()
    known.merge(version)
    peerVersion = known
    sent.merge(known)
    helloSent = nil
    if known != before { actions.append(.acknowledged(known)) }
    let answered = flights.first { $0.number == number }
    if let answered {
      monitor.answered(bytes: answered.bytes, after: answered.sent.duration(to: now), at: now)
    }
    let underWay = flights.count
    flights.removeAll { known.covers($0.to) }
    if flights.count < underWay || before == nil {
      lateInRow = 0
      refusedThere = 0
      window = min(DeltaLimits.windowBytesMax, window + (answered?.bytes ?? 0))
    }
    if number >= firstOfRun, flights.contains(where: { $0.number == number }) {
      refusedThere += 1
      guard refusedThere <= DeltaLimits.refusalsMax else {
        return actions + hold(.noProgress(attempts: refusedThere))
      }
      giveUp()
    }
    return actions + pump(log, codec, at: now)
  }
}
