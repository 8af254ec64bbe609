import Ledger
import Messages
import Node
import TestSupport
import Testing

/// Answers of parts of any sizes stay below the number of bytes that may be sent.
@Suite struct BoundedAnswerTests {
  /// Parts of an answer, and the most bytes that were ever made.
  static func answer(
    _ sizes: [Int], limit: Int, first: Int = 16, bytesMax: Int = 10_000
  ) -> (parts: Int, bytes: Int, made: Int, tries: Int) {
    var made = 0
    var tries = 0
    let found = BoundedAnswer.largest(limit: limit, first: first, bytesMax: bytesMax) { count in
      tries += 1
      let parts = Array(sizes.prefix(count))
      made = max(made, parts.reduce(0, +))
      return parts
    } size: {
      ($0.count, $0.reduce(0, +))
    }
    return (found?.count ?? 0, (found ?? []).reduce(0, +), made, tries)
  }

  @Test func smallParts_shouldAllBeGiven() {
    let answer = Self.answer(Array(repeating: 10, count: 2_000), limit: 500)
    #expect(answer.parts == 500 && answer.tries == 2)
    #expect(Self.answer([5, 5], limit: 500).parts == 2)
    #expect(Self.answer([], limit: 500).parts == 0)
  }

  @Test func largeParts_shouldBeGivenOneAtATime() {
    let answer = Self.answer(Array(repeating: 50_000, count: 9), limit: 500)
    #expect(answer.parts == 1)
  }

  /// What is served is made of macro blocks and accounts that may be as large as the ledger allows.
  @Test func servedAnswers_shouldStayBelowTheirLimits_whateverTheirPartsAreLike() {
    for (part, first, bytesMax) in [
      (
        MessageLimits.macroBlockBytesMax, NodeLimits.servedMacroBlocksFirst,
        MessageLimits.macroAnswerBytesMax
      ),
      (LedgerLimits.dataBytesMax, NodeLimits.servedKeysFirst, MessageLimits.proofAnswerBytesMax),
    ] {
      let largest = Array(repeating: part, count: 2 * first)
      let alone = Self.answer(largest, limit: 5_000, first: first, bytesMax: bytesMax)
      #expect(alone.bytes <= max(part, bytesMax) && alone.made <= 64 << 20)
      let small = Array(repeating: 100, count: 100_000)
      let many = Self.answer(small, limit: 100_000, first: first, bytesMax: bytesMax)
      #expect(many.bytes <= bytesMax && many.bytes > bytesMax / 2)
    }
  }

  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func anyParts_shouldFit_andBeMoreThanOne_whereTheyCan(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let large = random.below(3) == 0
    let sizes = (0..<random.below(900)).map { _ in
      large && random.chance(5) ? random.below(20_000) : random.below(60)
    }
    let limit = 1 + random.below(700)
    let answer = Self.answer(sizes, limit: limit)
    #expect(answer.parts <= limit, "seed \(seed)")
    #expect(answer.bytes <= 10_000 || answer.parts == 1, "seed \(seed)")
    #expect(answer.parts > 0 || sizes.isEmpty, "seed \(seed)")
    #expect(answer.tries < 20, "seed \(seed)")
  }
}
