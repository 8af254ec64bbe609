import Messages
import Networking
import Runtime
import SimulatedNetworking

/// Honest peers that are of little use.
extension FaultClass {
  static let peers: [FaultClass] = [
    .init(
      "silent", .peer, .peer, "takes requests for a part of the state and never answers",
      lasts: 500...20_000, disables: true, mayStay: true
    ) { fault, world, fired in
      answers(of: fault, in: world, fired) { kind, _ in
        kind == .response(.chunk) || kind == .response(.trieDiff) ? .drop : .pass
      }
    },
    .init(
      "slow", .peer, .peer, "sends no more than this",
      amount: .init("bytes/s", 100...1_000_000_000, drawn: 500...8_000), lasts: 500...20_000,
      disables: true, mayStay: true
    ) { fault, world, fired in
      fired()
      return world.board.change(fault.from) {
        $0.uploadBytesPerSecond = min($0.uploadBytesPerSecond ?? .max, fault.amount)
      }
    },
    .init(
      "capped", .peer, .peer, "gives at most so many items in a chunk",
      amount: .init("items", 1...5_000, drawn: 1...4), lasts: 500...20_000, mayStay: true
    ) { fault, world, fired in
      world.board.intercept(fault.from) { message in
        guard message.direction == .incoming, message.kind == .request(.chunk),
          var request = try? RequestChunk(wireBytes: message.payload),
          request.limit > fault.amount
        else { return .pass }
        fired()
        request.limit = fault.amount
        return .replace(request.wireBytes)
      }
    },
    .init(
      "behind", .peer, .peer, "hears of no new blocks", lasts: 500...12_000, disables: true
    ) { fault, world, fired in
      world.board.intercept(fault.from) { message in
        switch (message.direction, message.kind) {
        case (.incoming, .gossip), (.incoming, .response(.missingBlocks)),
          (.incoming, .response(.block)):
          fired()
          return .drop
        default: return .pass
        }
      }
    },
    .init(
      "pruned", .peer, .peer, "has no diffs, and no blocks but by gossip", lasts: 500...20_000,
      disables: true, mayStay: true
    ) { fault, world, fired in
      answers(of: fault, in: world, fired) { kind, _ in
        switch kind {
        case .response(.trieDiff): .replace(TrieDiffResponse.unknownBlockHash.wireBytes)
        case .response(.missingBlocks): .replace(MissingBlocksResponse.targetUnknown.wireBytes)
        case .response(.block): .replace(BlockResponse(block: nil).wireBytes)
        default: .pass
        }
      }
    },
    .init(
      "incomplete", .peer, .peer, "says that it does not hold the state either",
      lasts: 500...20_000, disables: true, mayStay: true
    ) { fault, world, fired in
      answers(of: fault, in: world, fired) { kind, _ in
        switch kind {
        case .response(.chunk): .replace(ChunkResponse.incompleteState.wireBytes)
        case .response(.trieDiff): .replace(TrieDiffResponse.incompleteState.wireBytes)
        default: .pass
        }
      }
    },
    .init(
      "churn", .peer, .peer, "leaves, and comes back when it is over", lasts: 300...10_000,
      disables: true
    ) { fault, world, fired in
      fired()
      world.leave(fault.from)
      return { world.comeBack(fault.from) }
    },
  ]

  /// Lets `change` see each answer of a peer.
  private static func answers(
    of fault: PlannedFault, in world: any FaultedWorld, _ fired: @escaping () -> Void,
    _ change: @escaping (MessageKind, [UInt8]) -> InterceptAction
  ) -> FaultUndo {
    world.board.intercept(fault.from) { message in
      guard message.direction == .outgoing, case .response = message.kind else { return .pass }
      let action = change(message.kind, message.payload)
      if action != .pass { fired() }
      return action
    }
  }
}

/// Peers that lie: one class for each kind of lie.
extension FaultClass {
  static let lies: [FaultClass] = LiarKind.ofPlans.map { kind in
    .init(
      "lie_\(kind.rawValue)", .lie, .peer, kind.meaning, lasts: 3_000...30_000, disables: true,
      mayStay: ![.oversizeChunk, .forgedSnapshot, .wrongRoot].contains(kind)
    ) { fault, world, fired in
      world.beginLie(kind, by: fault.from, fired: fired)
    }
  }
}

extension PlannedFault {
  /// What lie it is, if it is one.
  var lie: LiarKind? {
    kind.hasPrefix("lie_") ? LiarKind(rawValue: String(kind.dropFirst(4))) : nil
  }
}
