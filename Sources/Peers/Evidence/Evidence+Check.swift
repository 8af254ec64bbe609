import Ledger
import Messages
import Networking
import Primitives
import StateTrie

/// What a look at evidence shows.
public struct EvidenceFinding: Sendable, Hashable {
  /// True if the message contradicts what it is held against.
  public var isProven: Bool
  /// Why, as one word of the log; for unproven evidence, what is wrong with it.
  public var reason: String
  /// The block that the message is about; nil if it is about none.
  public var block: BlockID?
  /// The block that has to be of the real chain for the lie to be one; nil if nothing has to be
  /// believed but hashes.
  public var anchor: BlockID?
}

extension Evidence {
  /// Checks the message anew. Needs no node and believes nothing but hashes and signatures; what
  /// else has to be believed is the finding's `anchor`.
  public func check() -> EvidenceFinding {
    switch self {
    case .chunk(let header, let statement):
      finding(statement.contradiction(of: header.stateRoot), about: header)
    case .diff(let header, let diff):
      finding(
        diff.root == header.diffRoot ? .none : .proven(AnswerError.diffRootMismatch.reason),
        about: header)
    case .block(let block, let witness): check(block, witness)
    case .body(let block):
      finding(
        block.bodyFitsHeader ? .none : .proven(AnswerError.bodyMismatch.reason),
        about: block.header)
    case .answer(let statement):
      EvidenceFinding(statement.contradiction, block: nil)
    case .otherBlock(let asked, let header):
      finding(
        header.hash == asked ? .none : .proven(AnswerError.wrongBlock.reason), about: header)
    case .undecodable(let topic, let payload):
      EvidenceFinding(Self.contradiction(of: payload, on: topic), block: nil)
    }
  }

  private func check(_ block: Block, _ witness: BlockWitness) -> EvidenceFinding {
    let anchor = BlockID(number: witness.election.number, hash: witness.election.hash)
    guard witness.isConsistent(with: block) else {
      return finding(.unproven("witness_inconsistent"), about: block.header, anchor: anchor)
    }
    guard let fault = witness.fault(of: block) else {
      return finding(.none, about: block.header, anchor: anchor)
    }
    return finding(
      fault.isProvable ? .proven(fault.reason) : .unproven(fault.reason), about: block.header,
      anchor: anchor)
  }

  private func finding(
    _ contradiction: Contradiction, about header: BlockHeader, anchor: BlockID? = nil
  ) -> EvidenceFinding {
    var finding = EvidenceFinding(
      contradiction, block: BlockID(number: header.number, hash: header.hash))
    finding.anchor = anchor
    return finding
  }

  private static func contradiction(of payload: [UInt8], on topic: Topic) -> Contradiction {
    do throws(WireError) {
      switch topic {
      case .blockHeader: _ = try HeaderAnnouncement(wireBytes: payload)
      case .blockBody: _ = try BodyAnnouncement(wireBytes: payload)
      default: return .unproven("topic_unknown")
      }
      return .none
    } catch {
      return .proven("undecodable_announcement")
    }
  }
}

/// What a message and what it is held against say of each other.
private enum Contradiction {
  /// They contradict each other, for this reason.
  case proven(String)
  /// They may, but this alone does not show it.
  case unproven(String)
  /// They do not.
  static let none = Contradiction.unproven("no_contradiction")
}

extension EvidenceFinding {
  fileprivate init(_ contradiction: Contradiction, block: BlockID?) {
    switch contradiction {
    case .proven(let reason): self.init(isProven: true, reason: reason, block: block)
    case .unproven(let reason): self.init(isProven: false, reason: reason, block: block)
    }
  }
}

extension ChunkStatement {
  fileprivate func contradiction(of root: Hash256) -> Contradiction {
    do throws(ChunkError) {
      let verified = try chunk.verify(from: start, edges: edges, stateRoot: root)
      return verified.range.isEmpty ? .proven(ChunkError.rangeEmpty.reason) : .none
    } catch {
      // With one edge proven, the chunk leans on what its receiver holds left of it.
      let leansOnHeld = edges == .last && error.isAboutStart
      return leansOnHeld || error.isHarmless
        ? .unproven("needs_held_state") : .proven(error.reason)
    }
  }
}

extension ChunkError {
  /// True if the chunk's start is not shown by its proof.
  fileprivate var isAboutStart: Bool { reason == ChunkError.startNotProven(.empty).reason }
}

extension AnswerStatement {
  fileprivate var contradiction: Contradiction {
    // Height and name of the query are the asker's own; a peer never sees them.
    let query = MissingBlocksQuery(
      id: 0, target: request.target, targetNumber: .max, locators: request.locators,
      direction: request.direction, includeBody: request.includeBody, firstPeer: nil)
    do throws(AnswerError) {
      try MissingBlocksCheck.verify(items, answer: query)
      return .none
    } catch {
      return error.isOffence ? .proven(error.reason) : .unproven(error.reason)
    }
  }
}
