import EventLog
import Ledger
import Messages
import Networking
import Peers
import Primitives
import SimulatedNetworking
import StateTrie
import Testing

/// Wrong messages, and evidence of right and wrong ones.
package enum Lies {
  package static func shorterDiff(_ bytes: [UInt8]) -> [UInt8]? {
    guard case .partialDiff(let diff)? = try? TrieDiffResponse(wireBytes: bytes),
      diff.entries.count > 1, let shorter = try? TrieDiff(entries: Array(diff.entries.dropLast()))
    else { return bytes }
    return TrieDiffResponse.partialDiff(shorter).wireBytes
  }

  /// A macro block keeps one signature of its quorum.
  package static func withoutQuorum(_ block: Block) -> Block {
    guard block.kind.isMacro, case .quorum(let signatures) = block.justification else {
      return block
    }
    return block.with { $0.justification = .quorum(Array(signatures.prefix(1))) }
  }

  /// The last signature under the block is one of nothing.
  package static func badlySigned(_ block: Block) -> Block {
    switch block.justification {
    case .genesis: return block
    case .producer(let signed):
      return block.with {
        $0.justification = .producer(.init(signer: signed.signer, signature: .zero))
      }
    case .quorum(var signatures):
      signatures[signatures.count - 1].signature = .zero
      return block.with { $0.justification = .quorum(signatures) }
    }
  }

  private static func chunk(in world: TestWorld) throws -> (BlockHeader, ChunkStatement) {
    let lookup = world.source.chunk(from: .empty, limit: 20, edges: .both)
    guard case .chunk(let chunk, let block) = lookup else { throw WorldError.chunkMissing }
    let header = try #require(world.source.block(block.hash)).header
    return (header, ChunkStatement(start: .empty, edges: .both, chunk: chunk))
  }

  private static func answer(in world: TestWorld) throws -> (RequestMissingBlocks, [Block]) {
    let blocks = try (1...4 as ClosedRange<UInt32>).map {
      try #require(world.source.block(at: $0))
    }
    return (
      RequestMissingBlocks(
        target: blocks[3].hash, includeBody: true, locators: [world.genesis.hash],
        direction: .forward),
      blocks
    )
  }

  /// Evidence against messages with which nothing is wrong. The world's chain has ten blocks.
  package static func honest(in world: TestWorld) throws -> [Evidence] {
    let (header, statement) = try chunk(in: world)
    let (request, blocks) = try answer(in: world)
    let next = try world.producer.next().block
    let macro = try #require(world.source.block(at: 8))
    guard case .diff(let diff) = world.source.trieDiff(of: blocks[0].hash) else {
      throw WorldError.chunkMissing
    }
    return [
      .chunk(header, statement),
      .diff(blocks[0].header, diff),
      .block(next, try #require(world.source.witness(of: next))),
      .block(macro, try #require(world.source.quorumWitness(of: macro))),
      .body(next),
      .answer(AnswerStatement(request: request, blocks: blocks)),
      .otherBlock(asked: next.hash, next.header),
      .undecodable(.blockHeader, payload: HeaderAnnouncement(of: next).wireBytes),
    ]
  }

  /// The same messages, each made wrong.
  package static func lies(in world: TestWorld) throws -> [Evidence] {
    let (header, honest) = try chunk(in: world)
    var statement = honest
    statement.chunk.items[3].value[0] ^= 1
    let (request, blocks) = try answer(in: world)
    let next = try world.producer.next().block
    let macro = try #require(world.source.block(at: 8))
    return [
      .chunk(header, statement),
      .diff(blocks[0].header, .empty),
      .block(badlySigned(next), try #require(world.source.witness(of: next))),
      .block(badlySigned(macro), try #require(world.source.quorumWitness(of: macro))),
      .body(next.with { $0.nextValidators = world.genesis.validators }),
      .answer(AnswerStatement(request: request, blocks: [blocks[0], blocks[2]])),
      .otherBlock(asked: .zero, next.header),
      .undecodable(.blockBody, payload: [9]),
    ]
  }

  /// The records of evidence as a node writes them: in two parts.
  package static func records(of evidence: Evidence) -> [EventRecord] {
    let bytes = evidence.wireBytes
    let proof = Blake2b256.hash(bytes)
    let half = bytes.count / 2
    let events: [Event.Peer] = [
      .evidence(
        peer: PeerID(3), reporter: .simulated(0), lie: evidence.lie,
        reason: evidence.check().reason, proof: proof, bytes: bytes.count, parts: 2),
      .evidencePart(peer: 3, proof: proof, part: 1, data: Array(bytes[..<half])),
      .evidencePart(peer: 3, proof: proof, part: 2, data: Array(bytes[half...])),
    ]
    return events.enumerated().map { index, event in
      EventRecord(
        sequence: UInt64(index), time: 0, context: EventContext(node: "s0", actor: "test"),
        event: .peer(event))
    }
  }

  /// Ways to change the records of evidence, each of which must be noticed.
  package static let tampering: [@Sendable (EventRecord) -> EventRecord] = [
    change {
      if case .evidencePart(let peer, let proof, let part, var data) = $0 {
        data[data.count / 2] ^= 1
        return .evidencePart(peer: peer, proof: proof, part: part, data: data)
      } else {
        return $0
      }
    },
    change {
      if case .evidencePart(let peer, let proof, 2, let data) = $0 {
        return .evidencePart(peer: peer, proof: proof, part: 3, data: data)
      } else {
        return $0
      }
    },
    change {
      if case .evidence(let peer, let by, let lie, _, let proof, let bytes, let parts) = $0 {
        return .evidence(
          peer: peer, reporter: by, lie: lie, reason: "hunger", proof: proof, bytes: bytes,
          parts: parts)
      } else {
        return $0
      }
    },
    change {
      if case .evidence(let peer, let by, let lie, let why, let proof, let bytes, let parts) = $0 {
        return .evidence(
          peer: peer, reporter: by, lie: lie == .chunk ? .diff : .chunk, reason: why, proof: proof,
          bytes: bytes, parts: parts)
      } else {
        return $0
      }
    },
    change {
      if case .evidence(let peer, let by, let lie, let why, let proof, let bytes, let parts) = $0 {
        return .evidence(
          peer: peer, reporter: by, lie: lie, reason: why, proof: proof, bytes: bytes - 1,
          parts: parts)
      } else {
        return $0
      }
    },
    change {
      if case .evidence(let peer, let by, let lie, let why, let proof, let bytes, _) = $0 {
        return .evidence(
          peer: peer, reporter: by, lie: lie, reason: why, proof: proof, bytes: bytes, parts: 0)
      } else {
        return $0
      }
    },
  ]

  private static func change(
    _ body: @escaping @Sendable (Event.Peer) -> Event.Peer
  ) -> @Sendable (EventRecord) -> EventRecord {
    { record in
      guard let event = record.event.group as? Event.Peer else { return record }
      return EventRecord(
        sequence: record.sequence, time: record.time, context: record.context,
        event: .peer(body(event)))
    }
  }

  /// What a reader makes of records.
  package static func cases(_ records: [EventRecord]) -> [EvidenceCase] {
    var reader = EvidenceReader()
    return records.compactMap { reader.take($0) } + reader.finish()
  }
}

extension Block {
  /// A changed copy.
  package func with(_ change: (inout Block) -> Void) -> Block {
    var block = self
    change(&block)
    return block
  }
}
