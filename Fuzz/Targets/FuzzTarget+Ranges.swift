import Primitives
import Reconciliation

extension FuzzTarget {
  /// A message of the other side of a comparison by ranges: what is said of it is bounded and does
  /// not depend on how the set is held, and is taken by the other side.
  static let ranges = FuzzTarget("ranges", seeds: { RangeWorld.shared.messages }) { input in
    try RangeWorld.shared.check(input)
  }
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
      numbers.map {
        NegentropyItem(timestamp: ($0 / 9) << 50, id: Blake2b256.hash($0.wireBytes))!
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
    let answers = try Self.outcomes(
      of: {
        try NegentropyServer(list, frame: frame).answer(input)
      },
      and: {
        try NegentropyServer(tree, frame: frame).answer(input)
      })
    if let answer = answers {
      try demand(answer.count <= Self.frameBytes, "an answer of \(answer.count) bytes")
      var other = NegentropyInitiator(list, frame: frame)
      _ = try other.receive(answer)
    }
    var (first, second) = (
      NegentropyInitiator(list, frame: frame), NegentropyInitiator(tree, frame: frame)
    )
    let step = try Self.outcomes(
      of: {
        try first.receive(input)
      },
      and: {
        try second.receive(input)
      })
    guard let step else { return }
    try demand(step.have.count <= list.count, "more ids than there are are only here")
    try demand(step.need.count <= input.count / 32, "more ids are needed than were named")
    guard let message = step.message else { return }
    try demand(message.count <= Self.frameBytes, "a message of \(message.count) bytes")
    _ = try NegentropyServer(tree, frame: frame).answer(message)
  }

  /// What both say, nil if both refuse.
  private static func outcomes<Value: Equatable>(
    of first: () throws -> Value, and second: () throws -> Value
  ) throws -> Value? {
    let (a, b) = (Result(catching: first), Result(catching: second))
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
