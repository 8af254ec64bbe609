import MerkleTree
import Primitives

/// A request about a log.
package enum LogRequest: Sendable, Hashable {
  /// What comes after the log with this head, about so many bytes of it.
  case follow(LogHead, bytes: Int)
  /// The roots when the log had these numbers of entries, in order.
  case roots([Int])
}

/// The answer to a request for what follows.
package enum LogAnswer: Sendable, Hashable {
  /// The log begins with the one that was named: its next entries, and the proof that the log with
  /// these begins the whole one.
  case follows(LogHead, entries: [[UInt8]], ConsistencyProof)
  /// The log is shorter than the one that was named.
  case isShorter(LogHead)
  /// The log has as many entries or more, but others.
  case differs(LogHead)

  var head: LogHead {
    switch self {
    case .follows(let head, _, _), .isShorter(let head), .differs(let head): head
    }
  }
}

/// The answer to a request for roots: those of lengths that the log has reached.
package struct LogRoots: Sendable, Hashable {
  let roots: [Hash256]
}

extension LogHead: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(count: count)
    encoder.append(root)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let count = try decoder.bounded(0...MerkleLimits.leavesMax, "number of entries")
    self.init(count: count, root: try decoder.hash())
  }
}

extension LogRequest: WireCodable {
  package func encode(to encoder: inout WireEncoder) {
    switch self {
    case .follow(let head, let bytes):
      encoder.append(byte: 0)
      encoder.append(head)
      encoder.append(count: bytes)
    case .roots(let counts):
      encoder.append(byte: 1)
      encoder.append(count: counts.count)
      var next = 0
      for count in counts {
        encoder.append(count: count - next)
        next = count + 1
      }
    }
  }

  package init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    switch try decoder.byte() {
    case 0:
      let head: LogHead = try decoder.value()
      self = .follow(
        head,
        bytes: try decoder.bounded(1...ReconciliationLimits.logPageBytesMax, "bytes of a page"))
    case 1:
      var counts: [Int] = []
      var next = 0
      for _ in 0..<(try decoder.count(limit: ReconciliationLimits.logRootsMax)) {
        let gap = try decoder.bounded(0...MerkleLimits.leavesMax - next, "number of entries")
        counts.append(next + gap)
        next = min(next + gap + 1, MerkleLimits.leavesMax)
      }
      guard zip(counts, counts.dropFirst()).allSatisfy({ $0 < $1 }) else {
        throw .keysNotIncreasing(at: start)
      }
      self = .roots(counts)
    case let kind: throw .invalidCase(UInt64(kind), of: "LogRequest", at: start)
    }
  }
}

extension LogAnswer: WireCodable {
  package func encode(to encoder: inout WireEncoder) {
    switch self {
    case .follows(let head, let entries, let proof):
      encoder.append(byte: 0)
      encoder.append(head)
      encoder.append(count: entries.count)
      for entry in entries { encoder.append(entry) }
      encoder.append(proof)
    case .isShorter(let head):
      encoder.append(byte: 1)
      encoder.append(head)
    case .differs(let head):
      encoder.append(byte: 2)
      encoder.append(head)
    }
  }

  package init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    switch try decoder.byte() {
    case 0:
      let head: LogHead = try decoder.value()
      var entries: [[UInt8]] = []
      for _ in 0..<(try decoder.count(limit: ReconciliationLimits.logPageBytesMax)) {
        entries.append(try decoder.bytes(limit: ReconciliationLimits.logEntryBytesMax))
      }
      self = .follows(head, entries: entries, try decoder.value())
    case 1: self = .isShorter(try decoder.value())
    case 2: self = .differs(try decoder.value())
    case let kind: throw .invalidCase(UInt64(kind), of: "LogAnswer", at: start)
    }
  }
}

extension LogRoots: WireCodable {
  package func encode(to encoder: inout WireEncoder) { encoder.append(roots) }

  package init(from decoder: inout WireDecoder) throws(WireError) {
    roots = try decoder.array(
      elementBytes: Hash256.byteCount, limit: ReconciliationLimits.logRootsMax)
  }
}
