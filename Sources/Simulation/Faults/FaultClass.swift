import Networking
import Node
import Runtime
import SimulatedNetworking

/// Of what layer of a world a fault is.
public enum FaultLayer: String, Sendable, Hashable, CaseIterable {
  case network, peer, lie, chain, process, storage, time, code
}

/// What a fault is about, and which of its numbers mean something.
public enum FaultPlace: String, Sendable, Hashable, CaseIterable {
  /// What goes from `node` to `peer`.
  case link
  /// One full peer, `node`.
  case peer
  /// Any node, `node`.
  case node
  /// The joining node.
  case joiner
  /// The joining node, or one that joins together with it, `node`.
  case fresh
  /// The chain and whoever makes it.
  case chain
}

/// A number of a fault: its unit, what is allowed in files, and what the profile draws.
public struct FaultAmount: Sendable, Hashable {
  public let unit: String
  public let allowed: ClosedRange<Int>
  public let drawn: ClosedRange<Int>

  init(_ unit: String, _ allowed: ClosedRange<Int>, drawn: ClosedRange<Int>) {
    self.unit = unit
    self.allowed = allowed
    self.drawn = drawn
  }
}

/// Takes back what a fault has changed.
typealias FaultUndo = () -> Void

/// A class of faults: everything that the simulator knows of it. To add one, add it to the list of
/// its layer.
public struct FaultClass: Sendable {
  /// Its name in plans and logs.
  public let name: String
  public let layer: FaultLayer
  public let place: FaultPlace
  /// One sentence for people.
  public let meaning: String
  /// What `amount` means; nil = nothing.
  public let amount: FaultAmount?
  /// Milliseconds that it lasts when drawn; nil = it takes no time.
  public let lasts: ClosedRange<Int>?
  /// True if a peer under it may never give what it is asked for: it is left one honest peer.
  let disables: Bool
  /// True if it may last to the end of the run when drawn.
  let mayStay: Bool
  /// Changes how the world is made; nil for what happens while the world runs.
  var shape: (@Sendable (PlannedFault, inout WorldShape) -> Void)?
  /// Changes what a fresh node is told beforehand; nil for what happens while the world runs.
  var setting: (@Sendable (PlannedFault, Scenario, inout NodeConfiguration) -> Void)?
  /// Begins it. `fired` is to be called whenever it has had an effect.
  let begin: @Sendable (PlannedFault, any FaultedWorld, @escaping () -> Void) -> FaultUndo?

  init(
    _ name: String, _ layer: FaultLayer, _ place: FaultPlace, _ meaning: String,
    amount: FaultAmount? = nil, lasts: ClosedRange<Int>? = nil, disables: Bool = false,
    mayStay: Bool = false,
    begin: @escaping @Sendable (PlannedFault, any FaultedWorld, @escaping () -> Void) -> FaultUndo?
  ) {
    self.name = name
    self.layer = layer
    self.place = place
    self.meaning = meaning
    self.amount = amount
    self.lasts = lasts
    self.disables = disables
    self.mayStay = mayStay
    self.begin = begin
  }

  /// All classes, by layer.
  public static let all: [FaultClass] =
    network + peers + lies + chain + process + storage + time + code

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

  /// The class of this name.
  public static func named(_ name: String) -> FaultClass? { byName[name] }
}

/// How a world is made, beyond what the scenario says.
struct WorldShape: Sendable, Hashable {
  /// First bytes that the addresses of all accounts but the users' share.
  var sharedPrefixBytes = 0
  /// Bytes of data of one account in sixteen.
  var hugeDataBytes = 0
  /// Results of signature checks that its nodes remember together.
  var signaturesCached = SimulationLimits.signaturesCached
}

/// What faults act on: a world while it runs.
protocol FaultedWorld: AnyObject {
  var runtime: SimulatedRuntime { get }
  /// What is between the nodes.
  var board: FaultBoard { get }
  /// All nodes, the joining one first.
  var everyone: [PeerID] { get }
  /// Milliseconds that the wall clock of the joining node is ahead.
  var clockOffset: Int64 { get set }
  /// The disk of the joining node.
  var joinerDisk: JoinerDisk { get }
  /// Where faults reach into the joining node's process.
  var joinerSeam: NodeSeam { get }
  /// Somebody reads the joining node's events from now on, and takes so long for each.
  func readEvents(pausing: Duration, _ fired: @escaping () -> Void) -> FaultUndo
  /// Who makes the next block that may have one gives it a twin of the same height.
  func makeTwin(_ fired: @escaping () -> Void)
  /// The process of a fresh node ends now, and begins again so much later with another disk, if one
  /// is given.
  func crash(_ peer: PeerID, for milliseconds: Int, with disk: RestartDisk)
  /// A fresh node gives its state up; false if it does not run, or cannot.
  func giveUpState(of peer: PeerID) -> Bool
  /// A branch that replaces so many blocks is made as soon as there is room for it.
  func replaceBlocks(_ depth: Int)
  /// The next branch is made just before a macro block, and replaces all since the last one.
  func replaceBatch()
  /// So many blocks are made at once.
  func hurry(_ blocks: Int)
  /// The peer goes away and comes back.
  func leave(_ peer: PeerID)
  func comeBack(_ peer: PeerID)
  /// The peer tells this lie from now on.
  func beginLie(_ kind: LiarKind, by peer: PeerID, fired: @escaping () -> Void) -> FaultUndo
}

/// With what a process begins again.
enum RestartDisk: Sendable, Hashable {
  /// What it has committed.
  case same
  /// What it had committed when it was last copied.
  case stale
  /// Nothing.
  case empty
  /// A copy of another node's.
  case other(PeerID)
  /// What it has committed, under the header of a program of the format before.
  case olderFormat
}
