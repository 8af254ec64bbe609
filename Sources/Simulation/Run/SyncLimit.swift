import Ledger
import Messages
import Primitives
import SimulatedNetworking
import StateTrie

/// The least time in which a node could have completed its state: the bytes that must cross,
/// through the narrowest place on their way while somebody is at both of its ends, and a few round
/// trips to begin.
public struct SyncLimit: Sendable, Hashable {
  /// Round trips before the first byte of state: connecting, the head, the macro chain, and the
  /// first request for a chunk.
  public static let roundTrips = 4

  /// Keys and values of the complete state, each once, without proofs.
  public var stateBytes: Int
  /// Headers and bodies of the blocks from the last macro block at the start to the head.
  public var blockBytes: Int
  /// Diffs of the blocks that were made meanwhile.
  public var diffBytes: Int
  /// What all peers that answer send together, or what the node receives, if that is less.
  public var bytesPerSecond: Int
  /// How much longer the bytes take because peers were away, or the node itself.
  public var absenceNanoseconds: Int64
  /// There and back.
  public var roundTripNanoseconds: Int64

  public init(
    stateBytes: Int, blockBytes: Int, diffBytes: Int, bytesPerSecond: Int,
    absenceNanoseconds: Int64 = 0, roundTripNanoseconds: Int64
  ) {
    self.stateBytes = stateBytes
    self.blockBytes = blockBytes
    self.diffBytes = diffBytes
    self.bytesPerSecond = bytesPerSecond
    self.absenceNanoseconds = absenceNanoseconds
    self.roundTripNanoseconds = roundTripNanoseconds
  }

  /// All bytes that must cross.
  public var bytes: Int { stateBytes + blockBytes + diffBytes }

  /// The limit.
  public var nanoseconds: Int64 {
    transferNanoseconds + absenceNanoseconds + Int64(Self.roundTrips) * roundTripNanoseconds
  }

  private var transferNanoseconds: Int64 {
    SerialLine.time(for: bytes, rate: bytesPerSecond).wholeNanoseconds
  }
}

extension SyncLimit {
  /// The limit of a node whose `chain` is complete now.
  /// - Parameters:
  ///   - heightsAtJoin: the network's head and last macro block when it began.
  ///   - lines: what its lines carried since then.
  ///   - snapshot: the one that it joined from: its bytes take the place of the state's, and diffs
  ///     are needed from its block on.
  init(
    plan: PeerPlan, scenario: Scenario, chain: Blockchain, source: Blockchain,
    heightsAtJoin: (head: UInt32, macro: UInt32), lines: LineHistory,
    snapshot: (height: UInt32, bytes: Int)? = nil
  ) {
    var state = snapshot?.bytes ?? 0
    if snapshot == nil {
      for range in StateCheck.parts {
        for item in chain.items(in: range) { state += item.wireBytes.count }
      }
    }
    var blocks = 0
    var diffs = 0
    let head = chain.headNumber
    let first = (snapshot?.height ?? heightsAtJoin.macro) + 1
    for number in first...max(head, first) {
      guard let block = source.block(at: number) else { continue }
      blocks += HeaderAnnouncement(of: block).wireBytes.count
      if let body = block.body {
        blocks += BodyAnnouncement(blockHash: block.hash, body: body).wireBytes.count
      }
      if number > snapshot?.height ?? heightsAtJoin.head,
        case .diff(let diff) = source.trieDiff(of: block.hash)
      {
        diffs += diff.wireBytes.count
      }
    }
    self.init(
      stateBytes: state, blockBytes: blocks, diffBytes: diffs,
      bytesPerSecond: plan.bytesPerSecond(),
      roundTripNanoseconds: 2 * Int64(scenario.latencyMilliseconds) * 1_000_000)
    absenceNanoseconds = (lines.nanoseconds(for: bytes) ?? 0) - transferNanoseconds
  }
}
