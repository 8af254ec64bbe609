import Primitives
import Reconciliation
import TestSupport
import Testing

/// Messages that nobody honest sends.
@Suite struct NegentropyHostileTests {
  private static let items: [NegentropyItem] = {
    var generator = SeededGenerator(seed: 1)
    return (0..<100).map { NegentropyItem(timestamp: UInt64($0) / 3, id: generator.hash())! }
  }()

  private func refusal(of hex: String) -> ReconciliationError? {
    let message = Hex.bytes(hex) ?? []
    let server = NegentropyServer(NegentropyList(Self.items))
    var initiator = NegentropyInitiator(NegentropyTree(Self.items))
    let errors = [
      Result { () throws(ReconciliationError) in try server.answer(message) }.failure,
      Result { () throws(ReconciliationError) in try initiator.receive(message) }.failure,
    ]
    // Both sides read alike.
    #expect(errors[0] == errors[1])
    return errors[0]
  }

  @Test(arguments: [
    ("", "input ends 1 bytes too early (at byte 0)"),
    ("5f", "95 is no version of negentropy (at byte 0)"),
    ("70", "112 is no version of negentropy (at byte 0)"),
    // A bound and nothing behind it; half a number; a number with a leading zero; too large ones.
    ("610000", "input ends 1 bytes too early (at byte 3)"),
    ("6185", "input ends 1 bytes too early (at byte 2)"),
    ("61800100", "varint is not in its shortest form (at byte 1)"),
    ("61ffffffffffffffffff7f0000", "varint does not fit its integer (at byte 1)"),
    ("6182808080808080808000", "varint does not fit its integer (at byte 1)"),
    ("61ffffffffffffffffffffffffffff", "varint does not fit its integer (at byte 1)"),
    // An unknown mode, an id of 33 bytes, a prefix of which a part is missing.
    ("61000003", "range has no case 3 (at byte 3)"),
    ("610121", "length 33 is above 0 (at byte 2)"),
    ("61010400", "length 4 is above 1 (at byte 2)"),
    // Half a fingerprint; a list that claims more ids than there are; a list of half an id.
    ("61000001aabb", "input ends 14 bytes too early (at byte 4)"),
    ("61000002ffff7f", "length 2097151 is above 0 (at byte 4)"),
    ("6100000201aabb", "length 1 is above 0 (at byte 4)"),
    ("6100000281ffffffffffffffff7f", "length 18446744073709551615 is above 0 (at byte 4)"),
    // What is behind infinity is read too.
    ("61000000010005", "range has no case 5 (at byte 6)"),
    ("610000000001aa00", "a range ends behind infinity (at byte 4)"),
    ("610001aa00", "a range ends behind infinity (at byte 1)"),
  ])
  func message_shouldBeRefused_withWhatIsWrongAndWhere(hex: String, reason: String) throws {
    let error = try #require(refusal(of: hex))
    #expect(error.kind == .malformed)
    #expect(error.reason == "negentropy message: " + reason)
  }

  @Test func wrongOrder_shouldBeRefused_whereverItIs() throws {
    // Timestamp 4 with the prefix 9000, then the same timestamp with the prefix 8f.
    let error = try #require(refusal(of: "610502900000" + "01018f00"))
    #expect(error.reason.contains("ends before it begins (at byte 6)"))
    // One place named twice is no range, and honest: a list that was cut at its first item.
    #expect(refusal(of: "610502900000" + "010290000001019000") == nil)
  }

  /// The last number of a timestamp is followed by infinity only.
  @Test func timestamps_shouldEndAtInfinity_whenTheirSumDoesNotFit() throws {
    #expect(refusal(of: "6181ffffffffffffffff7f0000" + "050000") == nil)
    let error = try #require(refusal(of: "6181ffffffffffffffff7f0000" + "0501aa00"))
    #expect(error.reason.contains("behind infinity"))
  }

  @Test func initiator_shouldSayWhichVersionTheOtherSpeaks() {
    var initiator = NegentropyInitiator(NegentropyList(Self.items))
    let before = initiator.begin()
    #expect(
      throws: ReconciliationError.unavailable(
        "the other side speaks version 2 of negentropy, not 1")
    ) { try initiator.receive([0x62]) }
    #expect(initiator.begin() == before)
  }

  @Test func message_shouldBeRefused_aboveItsBytes() throws {
    let most = ReconciliationLimits.rangeMessageBytesMax
    var message = [UInt8](repeating: 0, count: most + 1)
    message[0] = 0x61
    let server = NegentropyServer(NegentropyList([]))
    let error = Result { () throws(ReconciliationError) in try server.answer(message) }.failure
    #expect(error?.kind == .limitReached)
    var initiator = NegentropyInitiator(NegentropyList([]))
    #expect(throws: ReconciliationError.self) { try initiator.receive(message) }
    // Skips without an end are as long as the message and no more.
    message.removeLast()
    #expect(try server.answer(message) == [0x61])
  }

  @Test func liar_shouldNotKeepAnInitiatorBusy_norFillIt() throws {
    #expect(ReconciliationLimits.rangeMessagesMax >= 1_000)
    // A fingerprint that is never right.
    let lie: [UInt8] = [0x61, 0, 0, 1] + [UInt8](repeating: 7, count: 16)
    var busy = NegentropyInitiator(NegentropyList(Self.items))
    for _ in 1..<ReconciliationLimits.rangeMessagesMax {
      #expect(try busy.receive(lie).message != nil)
    }
    let tooLong = Result { () throws(ReconciliationError) in try busy.receive(lie) }.failure
    #expect(tooLong?.kind == .limitReached)

    // An eighth of all ids that it may name, nine times.
    let count = ReconciliationLimits.rangeIDsNeededMax / 8
    var list: [UInt8] = [0x61, 0, 0, 2]
    list += [0x80 | UInt8(count >> 14), 0x80, 0]
    list.reserveCapacity(list.count + 32 * count)
    for number in 0..<UInt64(count) {
      list += [0, 0, 0, 0, 0, 0, 0, 0]
      withUnsafeBytes(of: number) { list += $0 }
      list += [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    }
    var full = NegentropyInitiator(NegentropyList([]))
    for _ in 0..<8 {
      #expect(try full.receive(list).need.count == count)
    }
    let tooMany = Result { () throws(ReconciliationError) in try full.receive(list) }.failure
    #expect(tooMany?.kind == .limitReached)
  }

  @Test(arguments: 0..<Campaign.seeds("LIVESYNC_RANGE_SEEDS", default: 200))
  func damagedMessages_shouldEndInErrorsOrAnswers_ofBoundedLength(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let (a, b) = (generator.negentropyItems(300), generator.negentropyItems(300))
    let shared = generator.negentropyItems(300)
    let (mine, theirs) = (NegentropyList(a + shared), NegentropyTree(b + shared))
    let frame = try #require(NegentropyFrame(bytesMax: ReconciliationLimits.frameBytesMin))
    for message in try NegentropySession(mine, theirs, frames: (frame, frame)).messages {
      for _ in 0..<20 {
        let damaged = generator.mutated(message)
        if let answer = try? NegentropyServer(theirs, frame: frame).answer(damaged) {
          #expect(answer.count <= ReconciliationLimits.frameBytesMin, "seed \(seed)")
        }
        var initiator = NegentropyInitiator(mine, frame: frame)
        if let step = try? initiator.receive(damaged) {
          #expect((step.message ?? []).count <= ReconciliationLimits.frameBytesMin, "seed \(seed)")
          #expect(step.need.count <= damaged.count / 32, "seed \(seed)")
          #expect(step.have.count <= mine.count, "seed \(seed)")
        }
      }
    }
  }
}

extension Result {
  /// The error of a failure.
  fileprivate var failure: Failure? {
    if case .failure(let error) = self { error } else { nil }
  }
}
