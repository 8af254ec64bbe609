import Ledger
import Messages
import Primitives
import StateTrie

/// A block of a fixture and what it changes.
public struct FixtureBlock: Sendable, Hashable {
  public var block: Block
  public var diff: TrieDiff
}

/// The answer to a missing-blocks request.
public struct FixtureAnswer: Sendable, Hashable {
  /// The request it answers (`FixtureRequest`).
  public var request: String
  /// The blocks given; empty if refused.
  public var blocks: [Hash256]
  /// The stable name of the refusal; "blocks" if it is none.
  public var outcome: String
}

/// The answer to a chunk request.
public struct FixtureChunk: Sendable, Hashable {
  /// The request it answers (`FixtureRequest`).
  public var request: String
  /// Block whose state the chunk is of.
  public var number: UInt32
  public var hash: Hash256
  public var chunk: TrieChunk
}

/// What happens to the node in a step.
public enum FixtureAction: Sendable, Hashable {
  /// The node starts.
  case start
  /// The peer announces a block.
  case announce(Hash256)
  /// The peer answers the open chunk request.
  case chunk(FixtureChunk)
  /// The operator gives the node's state up.
  case reinitialise
  /// Time passes and nothing else.
  case wait

  /// The word for it in the file.
  public var word: String {
    switch self {
    case .start: "start"
    case .announce: "announce"
    case .chunk: "chunk"
    case .reinitialise: "reinitialise"
    case .wait: "wait"
    }
  }
}

/// One step: what is new, what happens, and what must be seen then.
public struct FixtureStep: Sendable, Hashable {
  /// Number of the step, from 0.
  public var number: UInt32
  /// Virtual time that passes before it happens.
  public var milliseconds: UInt32
  public var action: FixtureAction
  /// Blocks that the peer has from now on.
  public var blocks: [FixtureBlock]
  /// Answers that the peer gives to missing-blocks requests in this step, in order.
  public var answers: [FixtureAnswer]
  public var expected: FixtureObservation
  /// Line of the step in its file, from 1; 0 if it was not read from one.
  public var line = 0
}

extension FixtureBlock {
  static let record = "block"

  var line: [UInt8] {
    var writer = FixtureLineWriter(record: Self.record)
    writer.integer("number", block.number)
    writer.hash("hash", block.hash)
    writer.hex("block", block.wireBytes)
    writer.hex("diff", diff.wireBytes)
    return writer.line()
  }

  init(from reader: inout FixtureLineReader) throws(FixtureError) {
    let number: UInt32 = try reader.integer("number")
    let hash = try reader.hash("hash")
    let block: Block = try reader.value("block")
    guard block.hash == hash else { throw reader.invalid("hash", "is not the block's hash") }
    guard block.number == number else { throw reader.invalid("number", "is not the block's") }
    guard block.hasBody else { throw reader.invalid("block", "has no body") }
    self.init(block: block, diff: try reader.value("diff"))
    try reader.finish()
  }
}

extension FixtureAnswer {
  static let record = "answer"

  func line(step: UInt32) -> [UInt8] {
    var writer = FixtureLineWriter(record: Self.record)
    writer.integer("step", step)
    writer.text("request", request)
    writer.text("outcome", outcome)
    writer.text("blocks", blocks.map(\.hex).joined(separator: " "))
    return writer.line()
  }

  init(
    from reader: inout FixtureLineReader, step: UInt32, known: Set<Hash256>
  ) throws(FixtureError) {
    guard try reader.integer("step") == step else {
      throw reader.invalid("step", "is not \(step), the next step")
    }
    let request = try reader.text("request")
    let outcome = try reader.text("outcome")
    guard MissingBlocksResponse.reasons.contains(outcome) else {
      let reasons = MissingBlocksResponse.reasons.joined(separator: ", ")
      throw reader.invalid("outcome", "is none of \(reasons)")
    }
    var blocks: [Hash256] = []
    for word in try reader.words("blocks") {
      guard let hash = Hash256(hex: word), hash.hex == word, known.contains(hash) else {
        throw reader.invalid("blocks", "names a block that does not come before: \(word)")
      }
      blocks.append(hash)
    }
    guard blocks.isEmpty || outcome == MissingBlocksResponse.blocks([]).reason else {
      throw reader.invalid("blocks", "is not empty although the outcome is \(outcome)")
    }
    self.init(request: request, blocks: blocks, outcome: outcome)
    try reader.finish()
  }
}

extension FixtureStep {
  static let record = "step"

  var stepLine: [UInt8] {
    var writer = FixtureLineWriter(record: Self.record)
    writer.integer("step", number)
    writer.integer("ms", milliseconds)
    writer.text("do", action.word)
    switch action {
    case .start, .reinitialise, .wait: break
    case .announce(let hash): writer.hash("block", hash)
    case .chunk(let reply):
      writer.text("request", reply.request)
      writer.integer("number", reply.number)
      writer.hash("hash", reply.hash)
      writer.hex("chunk", reply.chunk.wireBytes)
    }
    return writer.line()
  }

  /// The lines of everything that belongs to the step.
  var lines: [UInt8] {
    blocks.flatMap(\.line) + answers.flatMap { $0.line(step: number) } + stepLine
      + expected.line(step: number)
  }
}

extension FixtureAction {
  init(
    from reader: inout FixtureLineReader, known: Set<Hash256>
  ) throws(FixtureError) {
    switch try reader.text("do") {
    case "start": self = .start
    case "reinitialise": self = .reinitialise
    case "wait": self = .wait
    case "announce":
      let hash = try reader.hash("block")
      guard known.contains(hash) else {
        throw reader.invalid("block", "names a block that does not come before")
      }
      self = .announce(hash)
    case "chunk":
      self = .chunk(
        FixtureChunk(
          request: try reader.text("request"), number: try reader.integer("number"),
          hash: try reader.hash("hash"), chunk: try reader.value("chunk")))
    default:
      throw reader.invalid("do", "is none of start, announce, chunk, reinitialise, wait")
    }
    try reader.finish()
  }
}

extension MissingBlocksResponse {
  /// The answer that a fixture names: refusals have no more to them than their name.
  init?(outcome: String, blocks: [Block]) {
    let all: [MissingBlocksResponse] = [.blocks(blocks)] + Self.refusals
    guard let response = all.first(where: { $0.reason == outcome }) else { return nil }
    self = response
  }

  static let refusals: [MissingBlocksResponse] = [
    .targetUnknown, .targetOffMainChain, .locatorsUnknown, .tooManyLocators, .failed,
  ]

  /// The names of all answers.
  static var reasons: [String] { ([.blocks([])] + refusals).map(\.reason) }
}
