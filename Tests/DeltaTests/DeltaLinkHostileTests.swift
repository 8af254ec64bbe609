import CRDT
import Delta
import Primitives
import Runtime
import TestSupport
import Testing

/// Peers that want work done or memory kept for little.
@Suite struct DeltaLinkHostileTests {
  private let me = ReplicaID(1)
  private let codec = DeltaCodec()

  private func log(_ count: Int, of bytes: Int) throws -> OperationLog {
    var log = OperationLog(author: me)
    var generator = SeededGenerator(seed: 2)
    for _ in 0..<count { try log.append(kind: 1, generator.bytes(bytes)) }
    return log
  }

  /// A link that has sent what its window holds, and the numbers of its pushes.
  private func busy(_ log: OperationLog) -> (link: DeltaLink, numbers: [UInt64]) {
    var link = DeltaLink()
    _ = link.open(log, at: .start)
    let actions = link.receive(.ack(number: 0, VersionVector()), log, codec, at: .start)
    return (link, actions.compactMap(\.push?.number))
  }

  private func bytes(of actions: [DeltaLink.Action]) -> Int {
    actions.reduce(0) { $0 + ($1.push?.bytes ?? 0) }
  }

  @Test func lackedDictionary_shouldMoveNothing_whenNoPushWasMadeWithIt() throws {
    let log = try log(800, of: 1_000)
    var (link, numbers) = busy(log)
    let before = link.bytesUnderWay
    for number in [0, UInt64.max] + numbers {
      for _ in 0..<20 {
        let lie = DeltaMessage.lacking(number: number, DictionaryID(number))
        #expect(link.receive(lie, log, codec, at: .start).isEmpty)
      }
    }
    #expect(link.bytesUnderWay == before && !link.isHeld)
  }

  @Test func hello_shouldSendNothingAgain_whenItSaysNothingNew() throws {
    let log = try log(800, of: 1_000)
    var (link, _) = busy(log)
    let before = link.bytesUnderWay
    for _ in 0..<100 {
      let actions = link.receive(.hello(VersionVector()), log, codec, at: .start)
      #expect(bytes(of: actions) == 0 && actions.count == 2)
    }
    #expect(link.bytesUnderWay == before)
    // Once for each time that an answer was late.
    var now = Moment.start
    for _ in 1..<DeltaLimits.attemptsMax {
      now = try #require(link.deadline)
      _ = link.tick(log, codec, at: now)
      #expect(bytes(of: link.receive(.hello(VersionVector()), log, codec, at: now)) > 0)
      #expect(bytes(of: link.receive(.hello(VersionVector()), log, codec, at: now)) == 0)
    }
  }

  /// A peer that takes a little, and then says that it has nothing, is not served for ever.
  @Test func peerThatGoesBack_shouldLeadToAComparison() throws {
    let log = try log(800, of: 1_000)
    var (link, numbers) = busy(log)
    var (sent, turns) = (0, 0)
    while !link.isHeld, turns < 1_000 {
      let some = DeltaSamples.vector([(me, 70)])
      var actions = link.receive(.ack(number: numbers[0], some), log, codec, at: .start)
      actions += link.receive(.hello(VersionVector()), log, codec, at: .start)
      sent += bytes(of: actions)
      numbers = actions.compactMap(\.push?.number).suffix(1)
      turns += 1
      if link.isHeld {
        let error = DeltaError.noProgress(attempts: DeltaLimits.refusalsMax + 1)
        #expect(actions.last == .reconcile(error))
      }
    }
    #expect(turns == DeltaLimits.refusalsMax + 1)
    #expect(sent < 4 * turns * DeltaLimits.windowBytesFirst, "\(sent) bytes")
  }

  @Test func peerThatTakesNothing_shouldGetLessEachTime() throws {
    let log = try log(800, of: 1_000)
    var (link, numbers) = busy(log)
    var (sent, turns) = (0, 0)
    while let number = numbers.first, turns < 1_000 {
      var actions = link.receive(.ack(number: number, VersionVector()), log, codec, at: .start)
      actions += link.receive(.hello(VersionVector()), log, codec, at: .start)
      sent += bytes(of: actions)
      numbers = actions.compactMap(\.push?.number)
      turns += 1
    }
    #expect(turns == DeltaLimits.refusalsMax + 1 && link.isHeld)
    #expect(sent < turns * (DeltaLimits.pushBytesMax + 8_192) + 2 * DeltaLimits.windowBytesFirst)
  }

  /// Whatever comes, all is compared once.
  @Test func comparison_shouldBeAskedForOnce_untilTheLinkIsOpenedAgain() throws {
    var log = OperationLog(author: me, bounds: LogBounds(operations: 10))
    for number in 0..<UInt8(40) { try log.append(kind: 1, [number]) }
    var link = DeltaLink()
    _ = link.open(log, at: .start)
    let one = DeltaSamples.vector([(me, 1)])
    let messages: [DeltaMessage] = [
      .hello(VersionVector()), .ack(number: 0, VersionVector()), .push(number: 1, [9]),
      .lacking(number: 1, DictionaryID(1)), .hello(one), .hello(VersionVector()),
    ]
    for _ in 0..<2 {
      var comparisons = 0
      for message in messages + messages {
        for action in link.receive(message, log, codec, at: .start) {
          if case .reconcile = action { comparisons += 1 }
          #expect(action.push == nil)
        }
      }
      #expect(comparisons == 1 && link.isHeld)
      _ = link.open(log, at: .start)
    }
  }

  @Test func versionOfAPeer_shouldBeKeptOnlyOfReplicasThatAreHere() throws {
    let log = try log(3, of: 1)
    var link = DeltaLink()
    _ = link.open(log, at: .start)
    for round in UInt64(0)..<3 {
      let strangers = (0..<UInt64(CRDTLimits.replicasMax - 1)).map {
        (ReplicaID(round << 32 | ($0 + 9)), UInt64.max)
      }
      let version = DeltaSamples.vector(strangers + [(me, .max)])
      let message: DeltaMessage = round == 0 ? .hello(version) : .ack(number: round, version)
      _ = link.receive(message, log, codec, at: .start)
      #expect(link.peerVersion == log.version)
    }
  }
}

extension DeltaLink.Action {
  /// The number of a push and how many bytes it has.
  fileprivate var push: (number: UInt64, bytes: Int)? {
    guard case .send(.push(let number, let bytes)) = self else { return nil }
    return (number, bytes.count)
  }
}
