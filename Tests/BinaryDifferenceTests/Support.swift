import BinaryDifference
import Primitives
import TestSupport
import Testing

/// Expects a `BinaryDifferenceError` with this reason, at this byte if one is given.
func refuses(
  _ reason: String, at offset: Int? = nil, _ body: () throws -> some Any,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  do {
    _ = try body()
    Issue.record("\(reason) was not thrown", sourceLocation: sourceLocation)
  } catch let error as BinaryDifferenceError {
    #expect(error.reason == reason, "\(error)", sourceLocation: sourceLocation)
    if let offset { #expect(error.offset == offset, "\(error)", sourceLocation: sourceLocation) }
  } catch {
    Issue.record("\(reason): \(error)", sourceLocation: sourceLocation)
  }
}

/// A base and a target that have to do with each other, of every kind.
struct RandomPair: CustomStringConvertible {
  let seed: UInt64
  var base: [UInt8]
  var target: [UInt8]

  var description: String { "seed \(seed), \(base.count) and \(target.count) bytes" }

  init(seed: UInt64, bytes: Int = 6_000) {
    self.seed = seed
    var generator = SeededGenerator(seed: seed)
    base = Self.content(generator.below(bytes), &generator)
    target = base
    switch generator.below(10) {
    case 0: target = []
    case 1: target = Self.content(generator.below(bytes), &generator)
    case 2: base = []
    default:
      for _ in 0..<generator.below(20) { Self.edit(&target, &generator) }
    }
  }

  private static func content(_ count: Int, _ generator: inout SeededGenerator) -> [UInt8] {
    switch generator.below(4) {
    case 0: return [UInt8](repeating: UInt8(generator.below(2)), count: count)
    case 1:
      let period = generator.bytes(1 + generator.below(100))
      return (0..<count).map { period[$0 % period.count] }
    case 2: return (0..<count).map { _ in UInt8(generator.below(3)) }
    default: return generator.bytes(count)
    }
  }

  /// Replaces, removes, inserts, doubles or moves a part, or puts a run in.
  private static func edit(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
    let start = generator.below(bytes.count + 1)
    let end = min(bytes.count, start + generator.below(300))
    switch generator.below(6) {
    case 0: bytes.replaceSubrange(start..<end, with: generator.bytes(end - start))
    case 1: bytes.removeSubrange(start..<end)
    case 2: bytes.insert(contentsOf: generator.bytes(generator.below(80)), at: start)
    case 3: bytes.insert(contentsOf: bytes[start..<end], at: generator.below(bytes.count + 1))
    case 4:
      let part = Array(bytes[start..<end])
      bytes.removeSubrange(start..<end)
      bytes.insert(contentsOf: part, at: generator.below(bytes.count + 1))
    default:
      bytes.insert(
        contentsOf: [UInt8](repeating: 7, count: generator.below(2_000)), at: start)
    }
  }
}

extension Array where Element == EditOperation {
  /// The plain model: what a reader of the definition would do by hand.
  func modelTarget(from base: [UInt8]) -> [UInt8] {
    flatMap { operation in
      switch operation {
      case .copy(let offset, let length): Swift.Array(base[offset..<offset + length])
      case .insert(let bytes): bytes
      }
    }
  }
}

/// How many random pairs a property is tried with.
let pairSeeds = 0..<Campaign.seeds("LIVESYNC_DIFFERENCE_SEEDS", default: 150)
