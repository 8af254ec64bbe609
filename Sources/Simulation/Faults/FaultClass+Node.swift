import Networking
import Runtime
import SimulatedNetworking
import Storage

/// What happens to the chain.
extension FaultClass {
  static let chain: [FaultClass] = [
    .init(
      "rebranch", .chain, .chain, "a longer branch replaces so many blocks",
      amount: .init("blocks", 1...64, drawn: 1...6)
    ) { fault, world, fired in
      fired()
      world.replaceBlocks(fault.amount)
      return nil
    },
    .init(
      "rebranch_batch", .chain, .chain,
      "just before the next macro block a branch replaces all blocks since the last one"
    ) { _, world, fired in
      fired()
      world.replaceBatch()
      return nil
    },
    .init(
      "hurry", .chain, .chain, "so many blocks are made at once",
      amount: .init("blocks", 1...64, drawn: 2...8)
    ) { fault, world, fired in
      fired()
      world.hurry(fault.amount)
      return nil
    },
    .init(
      "equivocation", .chain, .chain,
      "who signed the newest block signs another one of its height, which another peer announces"
    ) { _, world, fired in
      world.makeTwin(fired)
      return nil
    },
    .shaping(
      "shared_prefix", .chain, "all addresses but the users' begin with the same bytes",
      amount: .init("bytes", 1...18, drawn: 2...17)
    ) { $1.sharedPrefixBytes = $0.amount },
    .shaping(
      "huge_accounts", .chain, "one account in sixteen has so much data",
      amount: .init("bytes", 1...1_024, drawn: 256...1_024)
    ) { $1.hugeDataBytes = $0.amount },
  ]
}

extension FaultClass {
  /// A class that changes how a world is made.
  static func shaping(
    _ name: String, _ layer: FaultLayer, _ meaning: String, amount: FaultAmount,
    _ shape: @escaping @Sendable (PlannedFault, inout WorldShape) -> Void
  ) -> FaultClass {
    var kind = FaultClass(name, layer, .chain, meaning, amount: amount) { _, _, fired in
      fired()
      return nil
    }
    kind.shape = shape
    return kind
  }
}

/// What happens to the process of the joining node.
extension FaultClass {
  static let process: [FaultClass] = [
    .init(
      "crash", .process, .fresh, "the process ends, and begins again when it is over",
      lasts: 50...6_000
    ) { fault, world, fired in
      fired()
      world.crash(fault.from, for: fault.duration, with: .same)
      return nil
    },
    .init(
      "crash_at_write", .process, .joiner,
      "the process ends at the n-th write from now: before it for odd n, after it for even n",
      amount: .init("writes", 1...1_000_000, drawn: 1...400), lasts: 50...4_000
    ) { fault, world, fired in
      world.joinerDisk.crash(
        atWrite: UInt64(fault.amount), isAfter: fault.amount % 2 == 0, for: fault.duration, fired)
      return nil
    },
    .init(
      "stale_store", .process, .joiner,
      "the process ends when it is over, and begins again with what it had at the start",
      lasts: 500...10_000
    ) { fault, world, fired in
      world.joinerDisk.keepCopy()
      return {
        fired()
        world.crash(fault.from, for: 100, with: .stale)
      }
    },
    .init(
      "empty_store", .process, .fresh, "the process ends, and begins again with nothing",
      lasts: 50...4_000
    ) { fault, world, fired in
      fired()
      world.crash(fault.from, for: fault.duration, with: .empty)
      return nil
    },
    .init(
      "other_store", .process, .joiner,
      "the process ends, and begins again with a copy of what the full peer p1 has stored",
      lasts: 50...4_000
    ) { fault, world, fired in
      fired()
      world.crash(fault.from, for: fault.duration, with: .other(PeerID(1)))
      return nil
    },
    .init(
      "older_format", .process, .joiner,
      "the process ends, and a newer program finds its store in the format before",
      lasts: 50...4_000
    ) { fault, world, fired in
      fired()
      world.crash(fault.from, for: fault.duration, with: .olderFormat)
      return nil
    },
    .init(
      "pause", .process, .node, "what it sends and gets waits until it is over; its timers go on",
      lasts: 200...6_000
    ) { fault, world, fired in
      let end = Moment.start.advanced(by: .milliseconds(fault.end))
      return world.board.intercept(fault.from) { _ in
        guard world.runtime.now < end else { return .pass }
        fired()
        return .delay(world.runtime.now.duration(to: end))
      }
    },
    .init(
      "halt", .process, .joiner, "it stands still until it is over: messages and timers wait",
      lasts: 200...12_000
    ) { fault, world, fired in
      let end = Moment.start.advanced(by: .milliseconds(fault.end))
      let undos = [
        world.joinerSeam.pause(until: end, fired),
        world.board.intercept(fault.from) { _ in
          guard world.runtime.now < end else { return .pass }
          fired()
          return .delay(world.runtime.now.duration(to: end))
        },
      ]
      return { for undo in undos { undo() } }
    },
    .init(
      "slow_reader", .process, .joiner,
      "who reads its events takes so long for each, and is cancelled when it is over",
      amount: .init("ms", 1...1_000_000, drawn: 100...60_000), lasts: 500...15_000
    ) { fault, world, fired in
      world.readEvents(pausing: .milliseconds(fault.amount), fired)
    },
  ]
}

/// What happens to the disk of the joining node.
extension FaultClass {
  static let storage: [FaultClass] = [
    .init(
      "failed_write", .storage, .joiner,
      "the n-th write from now is refused, unless it comes after the end",
      amount: .init("writes", 1...1_000_000, drawn: 1...400), lasts: 1_000...10_000
    ) { fault, world, fired in
      world.joinerDisk.fail(atWrite: UInt64(fault.amount), .failed, fired)
    },
    .init(
      "torn_commit", .storage, .joiner,
      "a commit within the next n writes is only partly on the disk when the process ends",
      amount: .init("writes", 1...10_000, drawn: 20...300), lasts: 200...4_000
    ) { fault, world, fired in
      world.joinerDisk.tear(UInt64(fault.amount), fired)
      return { world.crash(fault.from, for: 100, with: .same) }
    },
    .init(
      "full_disk", .storage, .joiner, "there is room for so many bytes more, until it is over",
      amount: .init("bytes", 0...1 << 30, drawn: 0...20_000), lasts: 500...6_000
    ) { fault, world, fired in
      fired()
      return world.joinerDisk.fill(leaving: fault.amount)
    },
    .init(
      "bit_flip", .storage, .joiner,
      "the n-th record that is read from now has a wrong bit, unless it comes after the end",
      amount: .init("reads", 1...1_000_000, drawn: 1...2_000), lasts: 1_000...10_000
    ) { fault, world, fired in
      world.joinerDisk.flip(atRead: UInt64(fault.amount), bit: UInt64(fault.start), fired)
    },
    .init(
      "slow_disk", .storage, .node, "each message that changes what it stores takes so long",
      amount: .init("us", 1...10_000_000, drawn: 500...50_000), lasts: 500...12_000
    ) { fault, world, fired in
      // As bytes at one in a microsecond, so that it shares the queue in front of the processor.
      processing(fault, in: world, fired, bytesPerSecond: 1_000_000) { message in
        message.changesStore ? fault.amount : 0
      }
    },
  ]
}

/// What happens to time.
extension FaultClass {
  static let time: [FaultClass] = [
    .init(
      "slow_processor", .time, .node,
      "each message waits for the processor, which takes so long for a byte of it",
      amount: .init("ns", 1...1_000_000, drawn: 50...20_000), lasts: 500...15_000
    ) { fault, world, fired in
      processing(fault, in: world, fired, bytesPerSecond: 1_000_000_000 / fault.amount) {
        $0.payload.count + SimulatedNetworkLimits.overheadBytes
      }
    },
    .init(
      "clock_jump", .time, .joiner,
      "its wall clock jumps ahead, in odd milliseconds back, and is right again when it is over",
      amount: .init("ms", 1...1_000_000_000, drawn: 1_000...200_000_000), lasts: 500...15_000
    ) { fault, world, fired in
      let shift = Int64(fault.amount % 2 == 0 ? fault.amount : -fault.amount)
      fired()
      world.clockOffset += shift
      return { world.clockOffset -= shift }
    },
    .init(
      "unfair", .time, .chain, "of what is ready, the newest goes first, so that others wait",
      lasts: 200...10_000
    ) { _, world, fired in
      fired()
      world.runtime.order = .newestFirst
      return { world.runtime.order = .random }
    },
    .init(
      "starved", .time, .node,
      "one of its actors gets nothing until it is over: 1 chunks, 2 diffs, 3 missing blocks, "
        + "4 gossip",
      amount: .init("actor", 1...4, drawn: 1...4), lasts: 500...10_000
    ) { fault, world, fired in
      let end = Moment.start.advanced(by: .milliseconds(fault.end))
      return world.board.intercept(fault.from) { message in
        guard message.direction == .incoming, message.actor == fault.amount,
          world.runtime.now < end
        else { return .pass }
        fired()
        return .delay(world.runtime.now.duration(to: end))
      }
    },
    .init(
      "early_timers", .time, .joiner, "its timers ring so many times earlier",
      amount: .init("times", 2...1_000_000, drawn: 2...100), lasts: 500...15_000
    ) { fault, world, fired in
      world.joinerSeam.hurry(fault.amount, fired)
    },
    .init(
      "short_timeouts", .time, .joiner, "its requests wait no longer than this",
      amount: .init("ms", 1...1_000_000, drawn: 10...500), lasts: 500...15_000
    ) { fault, world, fired in
      world.joinerSeam.shorten(to: .milliseconds(fault.amount), fired)
    },
  ]

  /// Holds back what comes to a node until its processor is through with it.
  private static func processing(
    _ fault: PlannedFault, in world: any FaultedWorld, _ fired: @escaping () -> Void,
    bytesPerSecond: Int, _ bytes: @escaping (InterceptedMessage) -> Int
  ) -> FaultUndo {
    world.board.intercept(fault.from) { message in
      guard message.direction == .incoming else { return .pass }
      let wait = world.board.process(
        bytes(message), on: fault.from, bytesPerSecond: bytesPerSecond)
      guard wait > .zero else { return .pass }
      fired()
      return .delay(wait)
    }
  }
}

extension InterceptedMessage {
  /// Which of the actors that can be starved gets it; 0 = none of them.
  fileprivate var actor: Int {
    switch kind {
    case .response(.chunk): 1
    case .response(.trieDiff): 2
    case .response(.missingBlocks), .response(.block): 3
    case .gossip: 4
    default: 0
    }
  }

  /// Whether what it carries is stored by who gets it.
  fileprivate var changesStore: Bool {
    switch kind {
    case .response(.chunk), .response(.trieDiff), .response(.missingBlocks), .gossip: true
    default: false
    }
  }
}
