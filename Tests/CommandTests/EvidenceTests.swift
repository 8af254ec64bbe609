import EventLog
import Foundation
import Ledger
import Locking
import Messages
import Networking
import Peers
import Primitives
import StateTrie
import TestSupport
import Testing

/// `livesync evidence check`: what liars of a simulated network left in a log, and made-up logs.
@Suite struct EvidenceTests {
  private static let accused = identity(1)
  private static let reporter = identity(2)

  private static func identity(_ tag: UInt8) -> NodeIdentity {
    NodeIdentity(key: KeyPair(seed: Blake2b256.hash([tag])).publicKey)
  }

  private static func check(_ log: Data, _ options: String...) throws -> Program.Result {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "events.jsonl")
    try log.write(to: file)
    return try Program.run(["evidence", "check", file.path] + options)
  }

  private static func simulate(_ scenario: String) throws -> Data {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let result = try Program.run(
      "simulate", "--scenario", scenario, "--json", "--out", folder.path)
    #expect(result.code == 0, "\(result.output)\(result.errors)")
    return try Data(contentsOf: folder.appending(path: "events.jsonl"))
  }

  @Test func lieOfASimulatedPeer_shouldBeProven() throws {
    let (lie, reason) = ("chunk", "items_mismatch")
    let log = try Self.simulate("wrong-value")
    let text = try Self.check(log, "--node", "s0")
    #expect(text.code == 0, "\(text.output)\(text.errors)")
    #expect(text.output.contains("\(lie)  proven: \(reason)"))
    #expect(text.output.contains("s0 against p1 00000001"))
    let json = try Self.check(log, "--json")
    let facts = try JSONValue(parsing: Data(json.output.utf8))
    #expect(facts["count"] == facts["proven"])
    guard case .array(let cases) = facts["cases"] else { return }
    #expect(cases.allSatisfy { $0["lie"].text == lie && $0["finding"].text == reason })
    // One digit of the evidence changed: the log still reads, but proves nothing.
    let changed = String(decoding: log, as: UTF8.self).replacingOccurrences(
      of: #""data":"01"#, with: #""data":"02"#)
    let damaged = try Self.check(Data(changed.utf8))
    #expect(damaged.code == 1 && damaged.output.contains("NOT PROVEN"), "\(damaged.output)")
  }

  /// Evidence of every kind, as a node writes it, is judged by the program as by the library.
  @Test func everyKindOfEvidence_shouldBeJudged() throws {
    for (evidence, isLie) in try Self.samples() {
      let result = try Self.check(Self.log(of: evidence), "--json")
      #expect(result.code == (isLie ? 0 : 1), "\(evidence.lie): \(result.output)\(result.errors)")
      let facts = try JSONValue(parsing: Data(result.output.utf8))
      guard case .array(let cases) = facts["cases"] else { return }
      #expect(cases.map { $0["proven"] } == [.bool(isLie)])
      #expect(cases.map { $0["lie"].text } == [evidence.lie.rawValue])
      #expect(cases.map { $0["identity"].text } == [Self.accused.description])
      #expect(cases.map { $0["reporter"].text } == [Self.reporter.description])
    }
  }

  @Test func logsWithoutEvidence_shouldBeRefusedAsInput() throws {
    let result = try Self.check(Self.log(of: nil))
    #expect(result.code == 2 && result.errors.contains("there is no evidence in"))
    #expect(try Self.check(Data("{}\n".utf8)).code == 2)
    let other = try Self.check(try Self.log(of: try #require(Self.samples().first).0), "--node=x")
    #expect(other.code == 2 && other.errors.contains("of node x"))
  }

  /// A log with nothing but this evidence, in one part.
  private static func log(of evidence: Evidence?) throws -> Data {
    var events: [Event] = []
    if let evidence {
      let bytes = evidence.wireBytes
      let proof = Blake2b256.hash(bytes)
      events = [
        .peer(
          .evidence(
            peer: PeerID(identity: accused, number: 1), reporter: reporter, lie: evidence.lie,
            reason: evidence.check().reason, proof: proof, bytes: bytes.count, parts: 1)),
        .peer(.evidencePart(peer: 1, proof: proof, part: 1, data: bytes)),
      ]
    }
    let output = Lines()
    let writer = JSONLinesWriter(now: { 0 }, output: { output.append($0) })
    let run = EventRecorder(sink: writer, context: .run)
    run.record(
      .run(
        .start(
          schema: Event.schemaVersion, seed: 1, commit: "c", toolchain: "t", mode: "release",
          clock: .simulated, scenario: "s", parameters: "")))
    let node = EventRecorder(sink: writer, context: EventContext(node: "s0", actor: "test"))
    for event in events { node.record(event) }
    writer.flush()
    return output.data
  }

  /// What a writer puts out.
  private final class Lines: Sendable {
    private let bytes = Lock<[UInt8]>([])
    var data: Data { Data(bytes.withLock { $0 }) }
    func append(_ piece: [UInt8]) { bytes.withLock { $0 += piece } }
  }

  /// Evidence against right and wrong messages of each kind.
  private static func samples() throws -> [(Evidence, isLie: Bool)] {
    let keys = (0..<4).map { KeyPair(seed: Blake2b256.hash([UInt8($0)])) }
    let validators = try #require(
      ValidatorSet(keys.map { Validator(publicKey: $0.publicKey, slots: 1) }))
    let accounts = (0..<30).map {
      GenesisAccount(
        address: Address(of: KeyPair(seed: Blake2b256.hash([9, UInt8($0)])).publicKey),
        account: Account(balance: 10))
    }
    let genesis = try Genesis(
      configuration: ChainConfiguration(blocksPerBatch: 4, batchesPerEpoch: 2, slotCount: 4),
      timestamp: 1, accounts: accounts, validators: validators)
    let chain = Blockchain(genesis: genesis, state: .complete)
    let producer = BlockProducer(chain: chain, keys: keys)
    for _ in 0..<6 { try chain.push(producer.next().block) }
    let next = try producer.next().block
    var unsigned = next
    unsigned.justification = .producer(.init(signer: 0, signature: .zero))
    let macro = try #require(chain.block(at: 4))
    var lonely = macro
    lonely.justification = .quorum([])
    var crowned = next
    crowned.nextValidators = validators
    guard case .chunk(let chunk, _) = chain.chunk(from: .empty, limit: 9, edges: .both) else {
      throw CocoaError(.fileReadUnknown)
    }
    var wrong = chunk
    wrong.items[4].value[0] ^= 1
    let header = chain.head.header
    func statement(_ chunk: TrieChunk) -> ChunkStatement {
      ChunkStatement(start: .empty, edges: .both, chunk: chunk)
    }
    let change = try TrieDiff(
      entries: [.init(key: accounts[0].address.key, old: [1], new: [2])])
    let blocks = try (1...3 as ClosedRange<UInt32>).map { try #require(chain.block(at: $0)) }
    let request = RequestMissingBlocks(
      target: blocks[2].hash, includeBody: true, locators: [genesis.hash], direction: .forward)
    let witness = try #require(chain.witness(of: next))
    let quorum = try #require(chain.quorumWitness(of: macro))
    return [
      (.chunk(header, statement(wrong)), true), (.chunk(header, statement(chunk)), false),
      (.diff(header, change), true), (.diff(header, .empty), false),
      (.block(unsigned, witness), true), (.block(next, witness), false),
      (.block(lonely, quorum), true), (.block(macro, quorum), false),
      (.body(crowned), true), (.body(next), false),
      (.answer(AnswerStatement(request: request, blocks: [blocks[0], blocks[2]])), true),
      (.answer(AnswerStatement(request: request, blocks: blocks)), false),
      (.otherBlock(asked: .zero, header), true), (.otherBlock(asked: header.hash, header), false),
      (.undecodable(.blockBody, payload: [7]), true),
      (.undecodable(.blockHeader, payload: HeaderAnnouncement(of: next).wireBytes), false),
    ]
  }
}
