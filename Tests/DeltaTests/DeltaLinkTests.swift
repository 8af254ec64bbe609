import CRDT
import Compression
import Delta
import Primitives
import Runtime
import TestSupport
import Testing

@Suite struct DeltaLinkTests {
  private static let mesh = [(0, 1), (1, 2), (0, 2)]
  private static let row = [(0, 1), (1, 2)]

  @Test func replicas_shouldConverge_overLinesThatLoseRepeatAndReorder() {
    let seeds = Campaign.seeds("LIVESYNC_DELTA_SEEDS", default: 60)
    for seed in 0..<seeds {
      var choice = SeededGenerator(seed: seed)
      let network = DeltaNetwork(
        3, joined: choice.chance(50) ? Self.mesh : Self.row, seed: seed,
        bounds: choice.chance(30) ? LogBounds(operations: 12) : LogBounds())
      network.lossPercent = choice.below(30)
      network.repeatPercent = choice.below(30)
      network.open()
      for _ in 0..<60 {
        network.write(choice.below(3), DeltaSamples.operation(&choice))
        for _ in 0..<choice.below(6) { _ = network.step() }
      }
      #expect(network.settle(), "seed \(seed): it never ends")
      // A peer that was silent for long is asked again by who brought the line up.
      if network.silences > 0 {
        network.lossPercent = 0
        network.open()
        #expect(network.settle(), "seed \(seed): it never ends")
      }
      #expect(network.isEqual && network.faults == 0, "seed \(seed)")
      #expect(network.penalties.isEmpty, "seed \(seed): \(network.penalties)")
      #expect(network.comparisons.allSatisfy { $0.reach != nil }, "seed \(seed)")
    }
  }

  /// One lost message, whichever it is, is made up for, and then all is quiet.
  @Test func oneLostMessage_shouldBeMadeUpFor() {
    func run(losing lost: Int?) -> DeltaNetwork {
      let network = DeltaNetwork(2, joined: [(0, 1)], seed: 5)
      network.lost = lost
      network.open()
      for number in 0..<6 {
        network.write(number % 2, [UInt8(number)])
        _ = network.step()
      }
      #expect(network.settle(stepsMax: 200), "without message \(lost ?? -1) it never ends")
      return network
    }
    let calm = run(losing: nil)
    #expect(calm.isEqual && calm.messages < 30)
    for lost in 0..<calm.messages {
      let network = run(losing: lost)
      #expect(network.isEqual && network.comparisons.isEmpty, "without message \(lost)")
      #expect(network.messages < 2 * calm.messages + 10, "without message \(lost)")
    }
  }

  @Test func equalReplicas_shouldSayNothing() {
    let network = DeltaNetwork(2, joined: [(0, 1)], seed: 5)
    network.open()
    #expect(network.settle())
    // A greeting and an answer each.
    #expect(network.messages == 4)
    #expect(network.peers.allSatisfy { $0.links.values.allSatisfy { $0.deadline == nil } })
  }

  @Test func acknowledgements_shouldTrimBothLogs() {
    let network = DeltaNetwork(2, joined: [(0, 1)], seed: 6)
    network.open()
    #expect(network.settle())
    for number in 0..<50 { network.write(number % 2, [UInt8(number)]) }
    #expect(network.settle() && network.isEqual)
    #expect(network.peers.allSatisfy { $0.log.extent.operations == 0 })
  }

  @Test func peerBehindTheLog_shouldBeCompared_andThenGoOnByDeltas() {
    let network = DeltaNetwork(
      2, joined: [(0, 1)], seed: 7, bounds: LogBounds(operations: 10))
    for number in 0..<40 { network.write(0, [UInt8(number)]) }
    network.write(1, [1])
    network.open()
    #expect(network.settle() && network.isEqual)
    // What was under way before may ask for a second one.
    let comparisons = network.comparisons
    #expect((1...2).contains(comparisons.count) && comparisons.allSatisfy { $0.reach != nil })
    network.write(0, [1])
    #expect(network.settle() && network.isEqual && network.comparisons == comparisons)
  }

  @Test func pushes_shouldStayInTheirWindow_andBeOfBoundedSize() throws {
    var log = OperationLog(author: ReplicaID(1))
    var generator = SeededGenerator(seed: 2)
    for _ in 0..<800 { try log.append(kind: 1, generator.bytes(1_000)) }
    var link = DeltaLink()
    let codec = DeltaCodec()
    var now = Moment.start
    _ = link.open(log, at: now)
    func pushes(_ actions: [DeltaLink.Action]) -> [(number: UInt64, bytes: Int)] {
      actions.compactMap {
        guard case .send(.push(let number, let bytes)) = $0 else { return nil }
        return (number, bytes.count)
      }
    }
    var sent = pushes(
      link.receive(.ack(number: 0, VersionVector()), log, codec, at: now))
    let most = DeltaLimits.pushBytesMax + 8_192
    #expect(sent.count > 1 && sent.allSatisfy { $0.bytes <= most })
    #expect(link.bytesUnderWay < DeltaLimits.windowBytesFirst + most)
    let more = pushes(link.changed(log, codec, at: now))
    #expect(more.isEmpty)
    // Nothing comes back: fewer bytes each time, down to the least, and then silence.
    var (silent, ticks) = (0, 0)
    for _ in 0..<40 {
      guard let deadline = link.deadline else { break }
      now = deadline
      let actions = link.tick(log, codec, at: now)
      silent += actions.contains(.silent) ? 1 : 0
      ticks += 1
      if silent == 0 { sent = pushes(actions) }
      #expect(link.window >= DeltaLimits.windowBytesMin)
    }
    #expect(silent == 1 && sent.count == 1, "\(silent), \(sent)")
    #expect(ticks == DeltaLimits.attemptsMax)
    #expect(link.window == DeltaLimits.windowBytesMin)
    // It says something: all goes on, and faster with each answer.
    var actions = link.receive(.hello(VersionVector()), log, codec, at: now)
    for _ in 0..<200 {
      guard let push = pushes(actions).first else { break }
      var version = VersionVector()
      version.raise(ReplicaID(1), to: (link.peerVersion?[ReplicaID(1)] ?? 0) + 40)
      actions = link.receive(.ack(number: push.number, version), log, codec, at: now)
      #expect(link.window <= DeltaLimits.windowBytesMax)
    }
    #expect(link.window > DeltaLimits.windowBytesMin)
  }

  @Test func refusedDeltas_shouldLeadToAComparison_whenTheyNeverFit() {
    // The answers say that nothing was taken.
    let network = DeltaNetwork(2, joined: [(0, 1)], seed: 9)
    network.lie = { line, message in
      guard line.from == 1, case .ack(let number, _) = message else { return message }
      return .ack(number: number, VersionVector())
    }
    network.write(0, [1])
    network.open()
    for _ in 0..<2_000 where network.comparisons.isEmpty { _ = network.step() }
    #expect(network.comparisons == [.noProgress(attempts: DeltaLimits.refusalsMax + 1)])
  }

  @Test func deltasThatNeverFit_shouldLeadToAComparison_atTheOneWhoGetsThem() throws {
    var link = DeltaLink()
    let codec = DeltaCodec()
    let log = OperationLog(author: ReplicaID(1))
    let late = Delta([LoggedOperation(dot: Dot(ReplicaID(2), 9), kind: 1, bytes: [])])
    let bytes = codec.encode(late).bytes
    for number in 1...UInt64(DeltaLimits.refusalsMax) {
      let actions = link.receive(.push(number: number, bytes), log, codec, at: .start)
      #expect(actions == [.send(.ack(number: number, log.version))])
    }
    let actions = link.receive(.push(number: 99, bytes), log, codec, at: .start)
    #expect(actions.last == .reconcile(.gap(ReplicaID(2), expected: 1, found: 9)))
    // What can never fit does so at once.
    var strict = DeltaLink(receiver: DeltaReceiver(kinds: [7]))
    let strange = codec.encode(
      Delta([LoggedOperation(dot: Dot(ReplicaID(2), 1), kind: 1, bytes: [])]))
    let refused = strict.receive(.push(number: 1, strange.bytes), log, codec, at: .start)
    #expect(refused.last == .reconcile(.unknownKind(1, of: Dot(ReplicaID(2), 1))))
    _ = strict.open(log, at: .start)
    let broken = strict.receive(.push(number: 1, [9]), log, codec, at: .start)
    #expect(broken.count == 2 && strict.isHeld)
    guard case .penalise(let error) = broken[0] else {
      Issue.record("\(broken)")
      return
    }
    #expect(error.isMisbehaviour)
  }

  // MARK: Dictionaries

  private func busy(_ network: DeltaNetwork, _ count: Int) {
    var generator = SeededGenerator(seed: 12)
    for _ in 0..<count {
      // A few at a time, as one transaction writes them.
      network.write(
        0, (0..<3).map { _ in DeltaSamples.operation(&generator) }, causes: .ownOnly)
      #expect(network.settle())
    }
  }

  @Test func dictionary_shouldBeSentOnce_andNamedFromThenOn() {
    let network = DeltaNetwork(2, joined: [(0, 1)], seed: 13)
    network.open()
    // What is sent is counted where it is sent.
    let counter = MessageCounter()
    network.lie = { _, message in counter.count(message) }
    busy(network, 500)
    let sent = counter.dictionaries
    #expect(network.isEqual && !sent.isEmpty && sent.values.allSatisfy { $0 == 1 }, "\(sent)")
    #expect(counter.withDictionary > 100, "\(counter.withDictionary)")
    #expect(network.comparisons.isEmpty && network.penalties.isEmpty)
  }

  /// A peer that has lost its dictionaries says so and is sent them again; one that always says so
  /// gets plain zstd.
  @Test func lackedDictionary_shouldBeSentAgain_andAtLastNotBeUsed() {
    for isStubborn in [false, true] {
      let network = DeltaNetwork(2, joined: [(0, 1)], seed: 13)
      network.open()
      busy(network, 500)
      network.peers[1].links[0] = DeltaLink()
      let counter = MessageCounter()
      // In place of the dictionary comes something that says nothing.
      network.lie = { _, message in
        guard case .dictionary = counter.count(message), isStubborn else { return message }
        return .lacking(number: 0, DictionaryID(1))
      }
      busy(network, 60)
      #expect(network.isEqual && network.comparisons.isEmpty)
      let most = counter.dictionaries.values.max() ?? 0
      #expect(isStubborn ? most == DeltaLimits.dictionaryAttemptsMax - 1 : most == 1, "\(most)")
    }
  }
}

/// Counts what goes over the lines of a network.
final class MessageCounter {
  private(set) var dictionaries: [DictionaryID: Int] = [:]
  private(set) var withDictionary = 0

  func count(_ message: DeltaMessage) -> DeltaMessage {
    switch message {
    case .dictionary(let id, _): dictionaries[id, default: 0] += 1
    case .push(_, let bytes): withDictionary += bytes.first == 2 ? 1 : 0
    default: break
    }
    return message
  }
}
