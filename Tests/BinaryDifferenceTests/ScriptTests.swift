import BinaryDifference
import Primitives
import TestSupport
import Testing

@Suite struct ScriptTests {
  /// Random steps, some of them empty, some neighbours that are one.
  static func operations(
    _ base: Int, _ generator: inout SeededGenerator
  ) -> [EditOperation] {
    var last = 0
    return (0..<generator.below(40)).map { _ in
      guard base > 0, generator.chance(60) else {
        return .insert(generator.bytes(generator.below(9)))
      }
      let offset = generator.chance(30) ? last : generator.below(base)
      let length = generator.below(base - min(offset, base) + 1)
      last = min(offset + length, base)
      return .copy(offset: min(offset, base), length: length)
    }
  }

  @Test func script_shouldMakeWhatTheModelMakes_andHaveOneForm() throws {
    for seed in pairSeeds {
      var generator = SeededGenerator(seed: seed)
      let base = generator.bytes(generator.below(500))
      let operations = Self.operations(base.count, &generator)
      let script = try EditScript(operations)
      let model = operations.modelTarget(from: base)
      #expect(try script.target(from: base) == model, "seed \(seed)")
      #expect(script.targetBytes == model.count)
      #expect(try EditScript(script.operations) == script, "seed \(seed)")
      for (one, next) in zip(script.operations, script.operations.dropFirst()) {
        switch (one, next) {
        case (.insert, .insert): Issue.record("two inserts, seed \(seed)")
        case (.copy(let offset, let length), .copy(let start, _)):
          #expect(offset + length != start, "seed \(seed)")
        default: break
        }
      }
      #expect(script.operations.allSatisfy { $0.length > 0 })
      #expect(try EditScript(wireBytes: script.wireBytes) == script, "seed \(seed)")
    }
  }

  @Test func wireForm_shouldBeAsDocumented() throws {
    let script = try EditScript([
      .copy(offset: 100, length: 3), .insert([7, 8]), .copy(offset: 90, length: 64),
      .copy(offset: 154, length: 1), .copy(offset: 156, length: 1),
    ])
    // Five steps became four; 100 behind 0, 13 before 103, 1 behind 155.
    #expect(
      script.wireBytes == [4, 7, 0xc8, 1, 4, 7, 8, 0x83, 1, 25, 3, 2])
  }

  @Test(
    arguments: [
      ([1, 0, 0], "a step is empty"), ([1, 1, 0], "a step is empty"),
      ([2, 2, 7, 2, 7], "neighbours"), ([2, 3, 0, 3, 0], "goes on"),
      ([1, 3, 1], "outside"), ([1, 3, 0xfe, 0xff, 0xff, 0xff, 0x0f], "outside"),
      ([1, 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], "outside"),
      ([1, 0x83, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 0], "above"),
      ([1, 4, 7], "too early"), ([9, 2, 7], "above"), ([1, 2, 7, 0], "after the end"),
      ([1, 0x82, 0, 7], "shortest"),
    ] as [([UInt8], String)])
  func wireForm_shouldBeRefused_whenItIsNoneOfAScript(bytes: [UInt8], words: String) {
    do {
      _ = try EditScript(wireBytes: bytes)
      Issue.record("\(bytes) were taken")
    } catch {
      #expect("\(error)".contains(words), "\(error)")
    }
  }

  @Test func script_shouldMakeNothing_whenItCopiesFromBehindTheBase() throws {
    let script = try EditScript([.insert([1]), .copy(offset: 5, length: 6)])
    #expect(script.baseBytesNeeded == 11)
    refuses("difference_beyond_base") { try script.target(from: [UInt8](repeating: 0, count: 10)) }
    #expect(try script.target(from: [UInt8](repeating: 0, count: 11)).count == 7)
    refuses("difference_target_too_large") {
      try script.target(from: [UInt8](repeating: 0, count: 11), limit: 6)
    }
    refuses("difference_invalid") { try EditScript([.copy(offset: -1, length: 1)]) }
    refuses("difference_beyond_base") { try EditScript([.copy(offset: .max, length: 2)]) }
    refuses("difference_beyond_base") { try EditScript([.copy(offset: 2, length: .max)]) }
  }

  @Test func difference_shouldBeRefused_whenASideIsAnotherOne() throws {
    let (base, target) = (HashedBytes([1, 2, 3, 4]), HashedBytes([1, 2, 9]))
    let script = try EditScript([.copy(offset: 0, length: 2), .insert([9])])
    let diff = BinaryDiff(baseHash: base.hash, targetHash: target.hash, script: script)
    #expect(try diff.target(from: base) == target.bytes)
    #expect(try BinaryDiff(wireBytes: diff.wireBytes) == diff)
    refuses("difference_wrong_base") { try diff.target(from: HashedBytes([1, 2, 3, 5])) }
    refuses("difference_target_too_large") { try diff.target(from: base, limit: 2) }
    let lie = BinaryDiff(baseHash: base.hash, targetHash: base.hash, script: script)
    refuses("difference_wrong_target") { try lie.target(from: base) }
  }
}
