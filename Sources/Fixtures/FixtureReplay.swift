import Ledger
import Messages
import Primitives
import StateTrie
import Storage

/// What came of driving a fixture through the engine.
public enum FixtureVerdict: Sendable, Hashable {
  /// Everything was as recorded.
  case pass
  /// Something was not.
  case differs(FixtureMismatch)
}

/// Where a replay first differed from its fixture.
public struct FixtureMismatch: Sendable, Hashable, CustomStringConvertible {
  /// Number of the step; nil for the end state.
  public var step: UInt32?
  /// What happened in the step.
  public var action: String
  /// Line of the step in the file; 0 if the fixture was not read from one.
  public var line: Int
  /// Everything that differs, what explains most first; never empty.
  public var differences: [FixtureObservation.Difference]

  public var description: String {
    let place =
      step.map { "step \($0) (\(action))" + (line > 0 ? ", line \(line)" : "") }
      ?? "the end state"
    let lines = differences.map {
      "  \($0.field)\n    expected \($0.expected)\n    actual   \($0.actual)"
    }
    return (["\(place) differs"] + lines).joined(separator: "\n")
  }
}

/// Drives a fixture through the engine, answering every request from the file alone.
public struct FixtureReplay {
  private let fixture: Fixture
  private let session: FixtureSession
  private var blocks: [Hash256: FixtureBlock] = [:]

  /// - Parameter scheduleSeed: decides in which order the engine's jobs run, which may change
  ///   nothing that a fixture checks; the fixture's own seed if nil.
  public init(_ fixture: Fixture, scheduleSeed: UInt64? = nil) {
    self.fixture = fixture
    session = FixtureSession(
      genesis: fixture.genesis, chunkItems: fixture.header.chunkItems,
      seed: scheduleSeed ?? fixture.header.seed)
  }

  /// The same with the node's chain in `store`, which must be empty or hold this chain at its first
  /// block; nil if it holds more.
  public init?(
    _ fixture: Fixture, scheduleSeed: UInt64? = nil, store: any KeyValueStore
  ) throws(LedgerStoreError) {
    let chain = try Blockchain(genesis: fixture.genesis, state: .missing, store: store)
    guard chain.headNumber == 0, chain.missing == .all else { return nil }
    self.fixture = fixture
    session = FixtureSession(
      genesis: fixture.genesis, chunkItems: fixture.header.chunkItems,
      seed: scheduleSeed ?? fixture.header.seed, chain: chain)
  }

  /// The last failure of the store, which explains whatever differs; nil if there was none.
  public var storeFailure: LedgerStoreError? { session.chain.storeFailure }

  /// Replays everything up to the first difference. A replay runs once.
  /// - Parameter progress: called with the number of steps done.
  public mutating func run(progress: (Int) -> Void = { _ in }) -> FixtureVerdict {
    for (index, step) in fixture.steps.enumerated() {
      let differences = perform(step)
      if !differences.isEmpty {
        _ = session.shutdown()
        return .differs(
          FixtureMismatch(
            step: step.number, action: describe(step.action), line: step.line,
            differences: differences))
      }
      progress(index + 1)
    }
    let differences = endDifferences()
    if differences.isEmpty { return .pass }
    return .differs(
      FixtureMismatch(step: nil, action: "end", line: 0, differences: differences))
  }

  /// The first difference explains what follows, so what comes before the observation is reported
  /// together with it.
  private mutating func perform(_ step: FixtureStep) -> [FixtureObservation.Difference] {
    for block in step.blocks { blocks[block.block.hash] = block }
    session.pass(milliseconds: step.milliseconds)
    var differences: [FixtureObservation.Difference] = []
    switch step.action {
    case .start: session.start()
    case .wait: break
    case .reinitialise:
      do throws(PushError) { try session.chain.reinitialiseState() } catch {
        return [.init(field: "reinitialise", expected: "done", actual: "\(error)")]
      }
    case .announce(let hash):
      if let block = blocks[hash] { session.announce(block.block) }
    case .chunk(let reply):
      let open = session.pendingChunk
      let word = open?.pending.request.word ?? "nothing"
      if word != reply.request {
        return [.init(field: "open chunk request", expected: reply.request, actual: word)]
          + step.expected.differences(from: session.observe())
      }
      open?.pending.answer(
        ChunkResponse.chunk(number: reply.number, hash: reply.hash, reply.chunk).wireBytes)
    }
    differences += answerRequests(step)
    return differences + step.expected.differences(from: session.observe())
  }

  /// Answers requests for diffs and blocks until the node waits for something else.
  private func answerRequests(_ step: FixtureStep) -> [FixtureObservation.Difference] {
    var answers = step.answers[...]
    for _ in 0..<FixtureLimits.roundsPerStepMax {
      guard session.rest() else {
        return [.init(field: "rest", expected: "the node waits", actual: "it runs without end")]
      }
      var isAnswered = false
      for pending in session.pending {
        switch pending.request {
        case .chunk: continue
        case .diff(let request):
          guard let block = blocks[request.blockHash] else { return [unanswered(pending, nil)] }
          pending.answer(TrieDiffResponse.partialDiff(block.diff).wireBytes)
        case .blocks, .other:
          guard let answer = answers.popFirst(), answer.request == pending.request.word,
            let response = MissingBlocksResponse(
              outcome: answer.outcome, blocks: answer.blocks.compactMap { blocks[$0]?.block })
          else { return [unanswered(pending, step.answers.last?.request)] }
          pending.answer(response.wireBytes)
        }
        isAnswered = true
      }
      if !isAnswered {
        return answers.first.map {
          [.init(field: "answered request", expected: $0.request, actual: "not sent")]
        } ?? []
      }
    }
    return [.init(field: "rest", expected: "the node waits", actual: "it asks without end")]
  }

  private func unanswered(
    _ pending: FixtureNetwork.Pending, _ expected: String?
  ) -> FixtureObservation.Difference {
    .init(
      field: "answered request", expected: expected ?? "no request that the file cannot answer",
      actual: pending.request.word)
  }

  private func endDifferences() -> [FixtureObservation.Difference] {
    let items = session.chain.items()
    let status = session.chain.status
    let root = session.chain.stateRoot
    let isComplete = session.chain.stateComplete
    var differences: [FixtureObservation.Difference] = []
    func compare(_ field: String, _ expected: String, _ actual: String) {
      if expected != actual {
        differences.append(.init(field: field, expected: expected, actual: actual))
      }
    }
    compare("leaks", "none", session.shutdown() ?? "none")
    compare("complete", "true", "\(isComplete)")
    compare("number", "\(fixture.end.number)", "\(status.head.number)")
    compare("head", fixture.end.head.hex, status.head.hash.hex)
    compare("root", fixture.end.root.hex, root?.hex ?? "unknown")
    compare("items", "\(fixture.end.items.count)", "\(items.count)")
    for (expected, actual) in zip(fixture.end.items, items) where expected != actual {
      compare("item", expected.fixtureWord, actual.fixtureWord)
      break
    }
    return differences
  }

  private func describe(_ action: FixtureAction) -> String {
    switch action {
    case .start, .reinitialise, .wait: action.word
    case .announce(let hash):
      "announce \(blocks[hash].map { "\($0.block.number):" } ?? "")\(hash.short)"
    case .chunk(let reply): "chunk of \(reply.number):\(reply.hash.short)"
    }
  }
}

extension TrieItem {
  fileprivate var fixtureWord: String { "\(key.hex)=\(Hex.string(value))" }
}
