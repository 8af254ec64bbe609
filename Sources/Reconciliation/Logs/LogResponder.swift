import MerkleTree
import Primitives

/// The side that tells of its log. It keeps nothing between two requests.
public struct LogResponder: ComparisonResponder {
  private let log: any LogReading

  public init(_ log: any LogReading) {
    self.log = log
  }

  public func answer(_ request: [UInt8]) throws(ReconciliationError) -> [UInt8] {
    let read = try reading("a request about a log") { () throws(WireError) in
      try LogRequest(wireBytes: request)
    }
    switch read {
    case .follow(let head, let bytes): return try follow(head, bytes).wireBytes
    case .roots(let counts):
      let known = counts.prefix { $0 <= log.count }
      let roots = try known.map { count throws(ReconciliationError) in
        try log.root(ofFirst: count)
      }
      return LogRoots(roots: roots).wireBytes
    }
  }

  private func follow(_ head: LogHead, _ bytes: Int) throws(ReconciliationError) -> LogAnswer {
    let own = LogHead(count: log.count, root: try log.root(ofFirst: log.count))
    guard head.count <= own.count else { return .isShorter(own) }
    guard try log.root(ofFirst: head.count) == head.root else { return .differs(own) }
    let entries = try log.entries(from: head.count, bytes: bytes)
    guard let proof = try log.consistencyProof(from: head.count + entries.count) else {
      throw .unavailable("the log proves nothing about its first \(head.count) entries")
    }
    return .follows(own, entries: entries, proof)
  }
}
