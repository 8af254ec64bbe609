import Foundation
import Ledger
import Locking
import Primitives
import Runtime
import StateTrie
import Storage

/// Measures how long others wait for an answer of a node that is busy taking its state in.
///
/// A chain in a store on disk takes chunks on the thread of its writer, back to back, each verified
/// and committed. Meanwhile, as before and after, another thread asks it for its head and for a
/// small chunk of what it holds, as a node does for its peers.
struct ServingBenchmark {
  private static let chunkItems = 5_000
  /// Items of a chunk that is served.
  private static let servedItems = 100
  /// Pause between two answers: a node with thousands of requests a second.
  private static let pause: UInt32 = 200
  private static let idleAnswers = 3_000

  let accounts: Int
  let directory: String
  let durability: Durability

  /// Times of one kind of answer, in nanoseconds.
  struct Times: Sendable {
    private var all: [Int64] = []

    mutating func add(_ time: Int64) { all.append(time) }

    var count: Int { all.count }

    /// The time in which so many of a hundred answers came.
    func percentile(_ share: Int) -> Int64 {
      let sorted = all.sorted()
      return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, sorted.count * share / 100)]
    }
  }

  struct Answers: Sendable {
    var heads = Times()
    var chunks = Times()
  }

  struct Result: Sendable {
    var idle = Answers()
    var busy = Answers()
    var chunksTaken = 0
    var secondsTaken = 0.0
  }

  func run() throws -> Result {
    let genesis = try makeGenesis()
    let source = Blockchain(genesis: genesis, state: .complete)
    let store = try LMDBStore(
      path: directory + "/node", owner: .chain(genesis.hash),
      options: LMDBOptions(durability: durability))
    let node = try Blockchain(genesis: genesis, state: .missing, store: store)
    // The first chunks are what is served while the node is idle.
    var next: KeyNibbles? = .empty
    for _ in 0..<4 { if let start = next { next = try Self.push(from: start, source, to: node) } }
    var result = Result()
    result.idle = Self.ask(node) { $0 < Self.idleAnswers }
    let filling = Filling()
    let rest = next
    Thread.detachNewThread { filling.fill(from: rest, source, to: node) }
    result.busy = Self.ask(node) { _ in !filling.isOver }
    (result.chunksTaken, result.secondsTaken) = try filling.outcome()
    guard node.stateComplete else { throw BenchmarkError("the state did not become complete") }
    try store.close()
    return result
  }

  /// The work of a node's writer, on a thread of its own.
  private final class Filling: Sendable {
    private struct State {
      var isOver = false
      var chunks = 0
      var seconds = 0.0
      var failure: (any Error)?
    }

    private let state = Lock(State())

    var isOver: Bool { state.withLock { $0.isOver } }

    func fill(from start: KeyNibbles?, _ source: Blockchain, to node: Blockchain) {
      var next = start
      var failure: (any Error)?
      var chunks = 0
      let seconds = Measure.seconds {
        do {
          while let from = next {
            next = try ServingBenchmark.push(from: from, source, to: node)
            chunks += 1
          }
        } catch { failure = error }
      }
      state.withLock {
        $0 = State(isOver: true, chunks: chunks, seconds: seconds, failure: failure)
      }
    }

    func outcome() throws -> (chunks: Int, seconds: Double) {
      try state.withLock { state in
        if let failure = state.failure { throw failure }
        return (state.chunks, state.seconds)
      }
    }
  }

  private func makeGenesis() throws -> Genesis {
    var random = RandomStream(seed: 0x5eed)
    let validator = KeyPair(seed: Blake2b256.hash(Array("livesync-bench".utf8)))
    guard
      let validators = ValidatorSet([Validator(publicKey: validator.publicKey, slots: 4)])
    else { throw BenchmarkError("no validators") }
    let accounts = (0..<accounts).compactMap { _ in
      Address(bytes: random.bytes(20)).map {
        GenesisAccount(address: $0, account: Account(balance: 1 + random.next() % 1_000))
      }
    }
    return try Genesis(
      configuration: ChainConfiguration(slotCount: 4), timestamp: 1_000, accounts: accounts,
      validators: validators)
  }

  /// Takes the chunk from `start` on; returns where the next one starts.
  private static func push(
    from start: KeyNibbles, _ source: Blockchain, to node: Blockchain
  ) throws -> KeyNibbles? {
    guard
      case .chunk(let chunk, let block) = source.chunk(
        from: start, limit: chunkItems, edges: .both)
    else { throw BenchmarkError("no chunk from \(start)") }
    let result = try node.push(chunks: [
      ChunkPush(chunk: chunk, start: start, edges: .both, blockHash: block.hash)
    ])
    guard result.committed == 1 else { throw BenchmarkError("a chunk was refused") }
    return chunk.end
  }

  /// Asks until `goesOn`, which is told the number of answers, says no.
  private static func ask(_ node: Blockchain, while goesOn: (Int) -> Bool) -> Answers {
    var answers = Answers()
    let clock = ContinuousClock()
    var start = KeyNibbles.empty
    while goesOn(answers.heads.count) {
      answers.heads.add(clock.measure { _ = node.view.headHash }.wholeNanoseconds)
      let time = clock.measure {
        // What is not held yet ends the round.
        if case .chunk(let chunk, _) = node.chunk(from: start, limit: servedItems, edges: .both),
          let end = chunk.end
        {
          start = end
        } else {
          start = .empty
        }
      }
      answers.chunks.add(time.wholeNanoseconds)
      usleep(pause)
    }
    return answers
  }
}
