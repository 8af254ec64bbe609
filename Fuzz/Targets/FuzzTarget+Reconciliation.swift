import Primitives
import Reconciliation
import Storage

extension FuzzTarget {
  static let reconciliationTrees: [FuzzTarget] = [
    reconciliationWire, reconciliationRequests, treeComparison, provenComparison, fullExchange,
    logComparison,
  ]

  /// Two sets of records that differ in some, and their logs.
  private static let sets: (own: RecordTable, other: RecordTable) = {
    let all = (0..<UInt8(90)).compactMap { Record(key: [$0], version: 1, value: [$0 & 1]) }
    var other = RecordTable(all.dropFirst(3))
    for key in [7, 8, 50] as [UInt8] {
      if let record = Record(key: [key], version: 2, value: [key]) { other.set(record) }
    }
    return (RecordTable(all.dropLast(4)), other)
  }()

  private static let logs: (own: AppendOnlyLog, other: AppendOnlyLog) = (
    AppendOnlyLog((0..<UInt8(40)).map { [$0] } + [[1], [2]]),
    AppendOnlyLog((0..<UInt8(40)).map { [$0] } + [[3], [4], [5]])
  )

  /// Requests that an honest side makes of another, with the answers.
  private static func exchange(
    _ initiator: some ComparisonInitiator, _ responder: some ComparisonResponder
  ) -> [(request: [UInt8], answer: [UInt8])] {
    var initiator = initiator
    var messages: [(request: [UInt8], answer: [UInt8])] = []
    while messages.count < 200, let request = initiator.nextRequest(),
      let answer = try? responder.answer(request.body),
      (try? initiator.receive(answer, to: request.number)) != nil
    {
      messages.append((request.body, answer))
    }
    return messages
  }

  private static let treeMessages = exchange(
    MerkleComparison(MerkleRecords(sets.own, depthMax: 2)),
    MerkleResponder(MerkleRecords(sets.other, depthMax: 2)))
  private static let fullMessages = exchange(
    FullComparison(sets.own, lanes: 3, frameBytes: 200), FullResponder(sets.other))
  private static let logMessages: [(request: [UInt8], answer: [UInt8])] = {
    var messages: [(request: [UInt8], answer: [UInt8])] = []
    guard var comparison = try? LogComparison(logs.own, pageBytes: 2) else { return messages }
    while messages.count < 50, let request = comparison.nextRequest(),
      let answer = try? LogResponder(logs.other).answer(request.body),
      (try? comparison.receive(answer, to: request.number)) != nil
    {
      messages.append((request.body, answer))
      _ = comparison.takeEntries()
    }
    return messages
  }()

  private static let reconciliationWire = wire(
    "wire-reconciliation",
    [
      .init(Record.self) { sets.own.records(from: [], limit: 2) },
      .init(HashedPosition.self) { [.first, .last] },
      .init(MerkleRequest.self) {
        treeMessages.compactMap { try? MerkleRequest(wireBytes: $0.request) } + [
          .expand(root: .zero, paths: [TreePath.root.child(2), TreePath.root.child(9)]),
          .page(root: 7, path: .root, from: .last),
        ]
      },
      .init(RootAnswer.self) {
        treeMessages.prefix(1).compactMap { try? RootAnswer(wireBytes: $0.answer) }
      },
      .init(MerkleContent.self) {
        [TreePath.root, .root.child(1)].compactMap { path in
          try? MerkleRecords(sets.own).withTree { view throws(StorageError) in
            try view.content(of: path)
          }
        }
      },
      .init(RecordProof.self) {
        [
          (try? MerkleRecords(sets.own).withTree { view throws(StorageError) in
            try view.proof(of: [3])
          })
        ]
        .compactMap { $0 }
      },
      .init(FullRequest.self) {
        fullMessages.compactMap { try? FullRequest(wireBytes: $0.request) }
      },
      .init(LanesAnswer.self) {
        fullMessages.compactMap { try? LanesAnswer(wireBytes: $0.answer) }
      },
      .init(FullFrame.self) { fullMessages.compactMap { try? FullFrame(wireBytes: $0.answer) } },
      .init(FullComparison.Cursor.self) {
        [.init(lanes: [KeyLane(), KeyLane(start: [1], end: [2])])]
      },
      .init(LogRequest.self) { logMessages.compactMap { try? LogRequest(wireBytes: $0.request) } },
      .init(LogAnswer.self) { logMessages.compactMap { try? LogAnswer(wireBytes: $0.answer) } },
      .init(LogRoots.self) { logMessages.compactMap { try? LogRoots(wireBytes: $0.answer) } },
    ])

  /// Any request gets an answer or an error that names its fault. The first byte chooses whose.
  private static let reconciliationRequests = FuzzTarget(
    "reconciliation-requests",
    seeds: {
      treeMessages.map { [0] + $0.request } + fullMessages.map { [1] + $0.request }
        + logMessages.map { [2] + $0.request }
    },
    check: { input in
      guard let choice = input.first else { return }
      let responder: any ComparisonResponder =
        switch choice % 3 {
        case 0: MerkleResponder(MerkleRecords(sets.other, depthMax: 2))
        case 1: FullResponder(sets.other)
        default: LogResponder(logs.other)
        }
      _ = try? responder.answer(Array(input.dropFirst()))
    })

  private static let treeComparison = session("reconciliation-tree") {
    (
      MerkleComparison(MerkleRecords(sets.own, depthMax: 2)),
      MerkleResponder(MerkleRecords(sets.other, depthMax: 2))
    )
  }

  private static let provenComparison = session("reconciliation-proven") {
    let other = MerkleRecords(sets.other)
    let root = (try? other.rootHash()) ?? .zero
    return (ProvenComparison(MerkleRecords(sets.own), root: root), MerkleResponder(other))
  }

  private static let fullExchange = session("reconciliation-full") {
    (FullComparison(sets.own, lanes: 3, frameBytes: 200), FullResponder(sets.other))
  }

  /// A session whose answers are changed as the input says: it ends in bounded steps, with a typed
  /// error or a result; with what set arithmetic finds if nothing was changed.
  private static func session<Initiator: ComparisonInitiator, Responder: ComparisonResponder>(
    _ name: String, _ sides: @escaping @Sendable () -> (Initiator, Responder)
  ) -> FuzzTarget {
    FuzzTarget(
      name,
      seeds: { [[0], [0, 0, 1, 5, 3], [1, 2, 3, 4, 5, 6], [0, 1, 255, 255, 255, 7]] },
      check: { input in
        var source = FuzzSource(input)
        var (initiator, responder) = sides()
        var wasChanged = false
        var requests = 0
        while let request = initiator.nextRequest() {
          requests += 1
          try demand(requests < 5_000, "a session that does not end")
          guard var answer = try? responder.answer(request.body) else { return }
          wasChanged = change(&answer, &source) || wasChanged
          do throws(ReconciliationError) {
            try initiator.receive(answer, to: request.number)
          } catch {
            try demand(!initiator.isComplete, "complete after \(error)")
            try demand(wasChanged, "an honest side is refused: \(error)")
            return
          }
        }
        try demand(initiator.isComplete || wasChanged, "an honest session without a result")
        guard !wasChanged else { return }
        let own = Set(sets.own.records(from: [], limit: .max).map(\.id))
        let other = Set(sets.other.records(from: [], limit: .max).map(\.id))
        let expected = RecordDifference(
          missing: other.subtracting(own), extra: own.subtracting(other))
        try demand(initiator.difference == expected, "a wrong difference")
      })
  }

  private static let logComparison = FuzzTarget(
    "reconciliation-log", seeds: { [[0], [0, 1, 9, 3], [1, 0, 0, 7, 7], [0, 0, 0, 1, 50, 2]] },
    check: { input in
      var source = FuzzSource(input)
      var comparison = try LogComparison(logs.own, pageBytes: 2)
      var entries: [[UInt8]] = []
      var requests = 0
      while let request = comparison.nextRequest() {
        requests += 1
        try demand(requests < 5_000, "a session that does not end")
        guard var answer = try? LogResponder(logs.other).answer(request.body) else { return }
        _ = change(&answer, &source)
        guard (try? comparison.receive(answer, to: request.number)) != nil else { return }
        entries += comparison.takeEntries()
      }
      guard comparison.isComplete, comparison.remoteHead == (try LogHead(logs.other)) else {
        return
      }
      try demand(entries.suffix(3) == [[3], [4], [5]], "entries that are not the log's")
    })

  /// Changes an answer, perhaps, as the input says; tells whether it did.
  private static func change(_ answer: inout [UInt8], _ source: inout FuzzSource) -> Bool {
    guard !source.isEmpty, !answer.isEmpty else { return false }
    let kind = source.below(8)
    let place = (source.below(256) * 256 + source.below(256)) % answer.count
    switch kind {
    case 1: answer[place] ^= 1 << UInt8(source.below(8))
    case 2: answer[place] &+= 1
    case 3: answer.remove(at: place)
    case 4: answer.insert(source.byte(), at: place)
    case 5: answer.removeSubrange(place...)
    default: return false
    }
    return true
  }
}
