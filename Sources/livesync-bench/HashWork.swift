import CBlake2Batch
import Foundation
import Primitives
import StateTrie

/// The hashes an operation cannot do without, by the number of bytes hashed.
struct HashWork {
  private(set) var sizes: [Int] = []

  /// The nodes of a proof: those on the paths of its keys.
  init(_ proof: TrieProof, where isWanted: (ProofNode) -> Bool = { _ in true }) {
    for node in proof.nodes where isWanted(node) { sizes.append(Self.preimageBytes(node)) }
  }

  static func + (a: HashWork, b: HashWork) -> HashWork {
    var sum = a
    sum.sizes += b.sizes
    return sum
  }

  /// Length of what a node's hash is taken over (Docs/StateTrie.md).
  private static func preimageBytes(_ node: ProofNode) -> Int {
    var bytes = 2 + node.key.byteCount + 1 + node.children.count
    switch node.value {
    case .none: break
    case .leaf(let value): bytes += value.count + 1
    case .hybrid, .hybridHash: bytes += Hash256.byteCount
    }
    for child in node.children {
      if let child { bytes += 2 + child.suffix.byteCount + Hash256.byteCount }
    }
    return bytes
  }

  /// Processor time of the bare hashes in nanoseconds: as many side by side as the processor can,
  /// those of equal length together, all from the same memory.
  func nanoseconds() -> Double {
    let lanes = Int(blake2b256_lanes())
    let sorted = sizes.sorted()
    let memory = [UInt8](repeating: 0, count: ((sorted.last ?? 0) / 128 + 1) * 128)
    var output = [UInt8](repeating: 0, count: 32 * 8)
    return memory.withUnsafeBufferPointer { memory in
      Stopwatch.best {
        guard lanes > 0 else {
          for size in sorted {
            _ = Blake2b256.hash(UnsafeRawBufferPointer(start: memory.baseAddress, count: size))
          }
          return
        }
        let messages = [UnsafePointer<UInt8>?](repeating: memory.baseAddress, count: lanes)
        sorted.withUnsafeBufferPointer { sorted in
          var index = 0
          while index < sorted.count {
            let count = min(lanes, sorted.count - index)
            blake2b256_batch(messages, sorted.baseAddress! + index, count, &output)
            index += count
          }
        }
      }
    }
  }
}

/// Measures processor time (user and system) of the whole process.
enum Stopwatch {
  private static let rounds = 5

  static func nanoseconds(_ body: () -> Void) -> Double {
    let start = now()
    body()
    return now() - start
  }

  /// The least of several measurements.
  static func best(rounds: Int = rounds, _ body: () -> Void) -> Double {
    (0..<max(1, rounds)).map { _ in nanoseconds(body) }.min() ?? 0
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
  }
}
