import CRDT
import Runtime

extension DeltaLink {
  /// What is under way is taken for lost. Late answers to it move nothing back.
  mutating func giveUp() {
    sent = peerVersion ?? VersionVector()
    flights = []
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
      if let id = encoded.compression.dictionary, let dictionary = codec.dictionary,
        !given.contains(id)
      {
        actions.append(.send(.dictionary(id, codec.frame(of: dictionary))))
        given.append(id)
        if given.count > DeltaLimits.dictionariesMax { given.removeFirst() }
      }
      sent.merge(delta.to)
      flights.append(
        Flight(
          number: nextNumber, to: delta.to, bytes: encoded.bytes.count,
          dictionary: encoded.compression.dictionary, sent: now))
      actions.append(.send(.push(number: nextNumber, encoded.bytes)))
      nextNumber += 1
      underWay += encoded.bytes.count
    }
    return actions
  }

  /// All is to be compared; asks for it once.
  private mutating func hold(_ error: DeltaError) -> [Action] {
    guard !isHeld else { return [] }
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
      return [answer] + hold(error)
    }
  }

  /// The peer says what it has. What that leads to is bounded, however often it says so: what is
  /// under way is sent again once for each time that it was late, and each time that the peer has
  /// less than before, which is counted.
  mutating func greeted(
    _ version: VersionVector, _ log: OperationLog, _ codec: DeltaCodec, at now: Moment
  ) -> [Action] {
    let known = log.shared(version)
    var actions = [Action.send(.ack(number: 0, log.version)), .acknowledged(known)]
    if let before = peerVersion, !known.covers(before) {
      // It was restored, has just begun, or this is an old message.
      rewinds += 1
      given = []
      window = min(window, DeltaLimits.windowBytesFirst)
      peerVersion = known
      giveUp()
      guard rewinds <= DeltaLimits.refusalsMax else {
        actions += hold(.noProgress(attempts: rewinds))
        return actions
      }
    } else {
      peerVersion = known
      sent.merge(known)
      flights.removeAll { known.covers($0.to) }
      if lateInRow > lateHeard {
        lateHeard = lateInRow
        giveUp()
      }
    }
    return actions + pump(log, codec, at: now)
  }

  /// The peer lacks the dictionary of a push. Of others than those under way it cannot know.
  mutating func lacked(
    _ id: DictionaryID, by number: UInt64, _ log: OperationLog, _ codec: DeltaCodec,
    at now: Moment
  ) -> [Action] {
    guard flights.contains(where: { $0.number == number && $0.dictionary == id }) else {
      return []
    }
    given.removeAll { $0 == id }
    dictionaryAttempts += 1
    return refused() + pump(log, codec, at: now)
  }

  /// A push that is under way was not taken: what follows it is not either.
  private mutating func refused() -> [Action] {
    refusedThere += 1
    guard refusedThere <= DeltaLimits.refusalsMax else {
      return hold(.noProgress(attempts: refusedThere))
    }
    // Whoever refuses again and again gets less each time.
    if refusedThere > 1 { window = max(DeltaLimits.windowBytesMin, window / 2) }
    giveUp()
    return []
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
    known.merge(log.shared(version))
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
      lateHeard = 0
      refusedThere = 0
      window = min(DeltaLimits.windowBytesMax, window + (answered?.bytes ?? 0))
    }
    if flights.contains(where: { $0.number == number }) { actions += refused() }
    return actions + pump(log, codec, at: now)
  }
}
