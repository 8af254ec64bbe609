import Networking
import Primitives
import SimulatedNetworking

/// What only a run can tell of its world: how full the lines were, and of what.
///
/// Told once in each block interval what every line has carried so far.
struct WorldWatch {
  /// What one peer's line has to carry before anything else: the gossip that the network asks of
  /// it.
  private struct Maker {
    var sentBytes = 0
    /// Gossip that waits in its line at least, in bytes.
    var waiting = 0
  }

  /// Share of a line that a node has to fill with what it needs before the line is to blame, in
  /// hundredths: the published figures allow 1.25 times the least time.
  private static let usefulPercentMin = 80

  private let scenario: Scenario
  private let plan: PeerPlan
  private var makers: [PeerID: Maker] = [:]
  /// How long the announcements of the newest blocks waited in their makers' lines, in nanoseconds.
  private var delays: [(maker: PeerID, nanoseconds: Int64)] = []
  /// Bytes that could have come to the joining node while its state was incomplete, and those of
  /// them that it could not do without.
  private var offeredBytes = 0
  private var usefulBytes = 0
  /// What it had received of the latter kind when last looked at.
  private var countedBytes = 0

  init(_ scenario: Scenario) {
    self.scenario = scenario
    plan = PeerPlan(scenario)
  }

  private var interval: Int { scenario.blockIntervalMilliseconds }

  /// One block interval is over for `peer`, which has sent so much gossip since the run began.
  mutating func gossip(_ bytes: Int, sentBy peer: PeerID) {
    var maker = makers[peer] ?? Maker()
    let carried = plan.upload(of: peer) * interval / 1_000
    maker.waiting = max(0, maker.waiting + bytes - maker.sentBytes - carried)
    maker.sentBytes = bytes
    makers[peer] = maker
  }

  /// `peer` made a block and announced it.
  mutating func made(by peer: PeerID) {
    let waiting = makers[peer]?.waiting ?? 0
    let delay = SerialLine.time(for: waiting, rate: plan.upload(of: peer)).wholeNanoseconds
    delays.append((peer, delay))
    if delays.count > scenario.followBlocks { delays.removeFirst() }
  }

  /// One block interval is over for the joining node.
  /// - Parameters:
  ///   - bytes: blocks, diffs and chunks that it needed and got since the run began.
  ///   - peers: those that could have answered it with the truth.
  ///   - isWaiting: its state is incomplete.
  mutating func received(_ bytes: Int, from peers: [PeerID], isWaiting: Bool) {
    defer { countedBytes = bytes }
    guard isWaiting else { return }
    let upload = peers.reduce(0) { $0 + plan.upload(of: $1) }
    offeredBytes += min(upload, scenario.downloadBytesPerSecond) * interval / 1_000
    usefulBytes += bytes - countedBytes
  }

  /// Why nobody could be done in `milliseconds` any more; nil if somebody might.
  func hopeless(milliseconds: Int) -> Obstacle? {
    // Who leaves hands the chain on, so its line does not matter any more.
    guard scenario.leavePerMillion == 0, let last = delays.last,
      last.nanoseconds / 1_000_000 > max(0, milliseconds) + interval
    else { return nil }
    return obstacle(of: last)
  }

  /// Why the node could not be done in time, if the world was to blame.
  func obstacle(stateIsComplete: Bool) -> Obstacle? {
    if !stateIsComplete, offeredBytes == 0 {
      return Obstacle(.path, "no honest peer that answers was there while the state was incomplete")
    }
    if !stateIsComplete, usefulBytes * 100 >= offeredBytes * Self.usefulPercentMin {
      return Obstacle(
        .line,
        "\(usefulBytes) bytes of blocks, diffs and chunks came through lines that carry "
          + "\(offeredBytes), and the state is not complete")
    }
    let late = delays.allSatisfy { $0.nanoseconds > Int64(interval) * 1_000_000 }
    if late, delays.count == scenario.followBlocks, let last = delays.last {
      return obstacle(of: last)
    }
    return nil
  }

  private func obstacle(of last: (maker: PeerID, nanoseconds: Int64)) -> Obstacle {
    Obstacle(
      .maker,
      "the newest block waits for \(seconds(last.nanoseconds)) behind earlier ones in the line of "
        + "its maker \(last.maker), which sends "
        + "\(plan.upload(of: last.maker)) bytes a second; blocks "
        + "come every \(interval) ms")
  }
}
