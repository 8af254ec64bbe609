import Primitives
import Reconciliation

extension FuzzTarget {
  /// A message of the other side of a comparison by ranges: what is said of it is bounded and does
  /// not depend on how the set is held, and is taken by the other side.
  static let ranges = FuzzTarget(
    "ranges", seeds: { RangeWorld.shared.messages },
    check: { try RangeWorld.shared.check($0) })
}

/// Two sets with something in common, and all messages of their comparisons.
private struct RangeWorld: Sendable {
  let list: NegentropyList
  let tree: NegentropyTree
  let frame: NegentropyFrame
  private(set) var messages: [[UInt8]] = []

  static let shared = RangeWorld()

  private static var frameBytes: Int { ReconciliationLimits.frameBytesMin }

  /// What is made here is legal by construction, so an error is a fault of this code.
  private init() {
    func items(_ numbers: Range<UInt64>) -> [NegentropyItem] {
      numbers.map { number in
        let id = withUnsafeBytes(of: number.littleEndian) { Blake2b256.hash($0) }
        return NegentropyItem(timestamp: (number / 9) << 50, id: id)!
      }
    }
    list = NegentropyList(items(0..<400))
    tree = NegentropyTree(items(0..<400))
    frame = NegentropyFrame(bytesMax: Self.frameBytes)!
    for other in [0..<0, 0..<400, 3..<390, 200..<1_000, 900..<1_000] as [Range<UInt64>] {
      let server = NegentropyServer(NegentropyList(items(other)), frame: frame)
      var initiator = NegentropyInitiator(list, frame: frame)
      var next: [UInt8]? = initiator.begin()
      while let message = next {
        let answer = try! server.answer(message)
        messages += [message, answer]
        next = try! initiator.receive(answer).message
      }
    }
  }

  func check(_ input: [UInt8]) throws {
    let answer = try Self.agreed(
      Result { try NegentropyServer(list, frame: frame).answer(input) },
      Result { try NegentropyServer(tree, frame: frame).answer(input) })
    if let answer {
      try demand(answer.count <= Self.frameBytes, "an answer of \(answer.count) bytes")
      var other = NegentropyInitiator(list, frame: frame)
      _ = try other.receive(answer)
    }
    let seen = try Self.agreed(
      Result { try RangeResponder(list).look(input) },
      Result { try RangeResponder(tree).look(input) })
    if let seen = seen ?? nil {
      try demand(seen.differing <= seen.parts, "\(seen.differing) of \(seen.parts) parts differ")
    }
    var first = NegentropyInitiator(list, frame: frame)
    var second = NegentropyInitiator(tree, frame: frame)
    let a = Result { try first.receive(input) }.map { ($0.message, $0.have, $0.need) }
    let b = Result { try second.receive(input) }.map { ($0.message, $0.have, $0.need) }
    let messages = try Self.agreed(a.map { $0.0 ?? [] }, b.map { $0.0 ?? [] })
    let have = try Self.agreed(a.map(\.1), b.map(\.1))
    let need = try Self.agreed(a.map(\.2), b.map(\.2))
    guard let message = messages, let have, let need else { return }
    try demand(have.count <= list.count, "more ids than there are are only here")
    try demand(need.count <= input.count / 32, "more ids are needed than were named")
    guard !message.isEmpty else { return }
    try demand(message.count <= Self.frameBytes, "a message of \(message.count) bytes")
    _ = try NegentropyServer(tree, frame: frame).answer(message)
  }

  /// What both say, nil if both refuse.
  private static func agreed<Value: Equatable>(
    _ a: Result<Value, any Error>, _ b: Result<Value, any Error>
  ) throws -> Value? {
    switch (a, b) {
    case (.success(let a), .success(let b)):
      try demand(a == b, "a list and a tree of the same items differ")
      return a
    case (.failure(let a), .failure(let b)):
      try demand("\(a)" == "\(b)", "a list refuses by \(a), a tree by \(b)")
      return nil
    default: throw FuzzFinding("only one of a list and a tree refuses")
    }
  }
}
