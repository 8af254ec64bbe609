import Runtime

/// A scenario, a seed, and an explicit list of what goes wrong in it. The same plan gives the same
/// run, byte by byte.
public struct FaultPlan: Sendable, Hashable {
  public var seed: UInt64
  /// Without the faults that it came with, which are among those of the plan.
  public private(set) var scenario: Scenario
  public var faults: [PlannedFault]

  /// Throws for a fault that does not exist, does not fit its world or is out of range, naming it.
  /// - Parameter faults: on top of those that the scenario has.
  public init(
    seed: UInt64, scenario: Scenario, faults: [PlannedFault] = []
  ) throws(FaultPlanError) {
    do throws(ScenarioError) {
      try scenario.check()
    } catch { throw FaultPlanError("scenario: \(error.description)", key: "scenario") }
    do throws(FaultPlanError) {
      try Self.check(scenario.faults, in: scenario)
    } catch { throw FaultPlanError("scenario: \(error.description)", key: "scenario") }
    try Self.check(faults, in: scenario)
    self.init(unchecked: seed, scenario, scenario.faults + faults)
  }

  /// Throws for the first of `faults` that cannot be in the world of `scenario`, naming it.
  static func check(
    _ faults: [PlannedFault], in scenario: Scenario
  ) throws(FaultPlanError) {
    guard faults.count <= SimulationLimits.plannedFaultsMax else {
      throw FaultPlanError(
        "\(faults.count) faults, allowed are \(SimulationLimits.plannedFaultsMax)", key: "faults")
    }
    for (index, fault) in faults.enumerated() {
      do throws(FaultPlanError) {
        try check(fault, in: scenario)
      } catch { throw error.of(fault: index) }
    }
  }

  /// What was drawn or found good before.
  init(unchecked seed: UInt64, _ scenario: Scenario, _ faults: [PlannedFault]) {
    self.seed = seed
    self.scenario = scenario
    self.scenario.faults = []
    self.faults = faults
  }

  private static func check(
    _ fault: PlannedFault, in scenario: Scenario
  ) throws(FaultPlanError) {
    guard let kind = FaultClass.named(fault.kind) else {
      throw FaultPlanError("there is no fault '\(fault.kind)'", key: "fault")
    }
    func require(
      _ key: String, _ value: Int, _ range: ClosedRange<Int>
    ) throws(FaultPlanError) {
      guard range.contains(value) else {
        throw FaultPlanError(
          "\(key) of '\(kind.name)' is \(value), allowed is \(range.lowerBound) to "
            + "\(range.upperBound)", key: key)
      }
    }
    let timeMax = SimulationLimits.plannedMillisecondsMax
    try require("start_ms", fault.start, 0...timeMax)
    try require("duration_ms", fault.duration, 0...(kind.lasts == nil ? 0 : timeMax))
    try require("amount", fault.amount, kind.amount?.allowed ?? 0...0)
    let peers = 1...scenario.fullPeers
    let joinMore = scenario.nodes..<scenario.nodes + scenario.companions
    let nodes = 0...joinMore.upperBound - 1 + scenario.producerGossips
    switch kind.place {
    case .link:
      try require("node", fault.node, nodes)
      try require("peer", fault.peer, nodes)
      guard fault.node != fault.peer else {
        throw FaultPlanError("'\(kind.name)' needs two nodes", key: "peer")
      }
    case .peer:
      try require("node", fault.node, peers)
      try require("peer", fault.peer, 0...0)
    case .node:
      try require("node", fault.node, nodes)
      try require("peer", fault.peer, 0...0)
    case .fresh:
      if !joinMore.contains(fault.node) { try require("node", fault.node, 0...0) }
      try require("peer", fault.peer, 0...0)
    case .joiner, .chain:
      try require("node", fault.node, 0...0)
      try require("peer", fault.peer, 0...0)
    }
  }

  /// When the last fault that ends is over, in milliseconds since the run began.
  public var end: Int { faults.map(\.end).max() ?? 0 }

  /// Numbers of the full peers that lie at some time.
  public var liars: Set<Int> { Set(faults.filter { $0.lie != nil }.map(\.node)) }

  /// Full peers that can be relied on once the faults are over: no fault that disables one lasts to
  /// the end of the run, and none has told a lie, for which it may be banned.
  public var reliablePeers: [Int] {
    let staying = faults.filter { fault in
      fault.duration == 0 && FaultClass.named(fault.kind).map { $0.disables } == true
    }
    let lost = Set(staying.map(\.node)).union(liars)
    let honest = scenario.liars.count + 1...max(scenario.liars.count + 1, scenario.fullPeers)
    let plan = PeerPlan(scenario)
    let useless = Set((plan.silent + plan.undialable).map { Int($0.number) })
    return honest.filter { !lost.contains($0) && !useless.contains($0) }
  }

  /// A fault of what the joining node depends on lasts to the end of the run.
  private var isCutForGood: Bool {
    faults.contains { fault in
      guard fault.duration == 0, let kind = FaultClass.named(fault.kind), kind.lasts != nil else {
        return false
      }
      return [.network, .storage, .time].contains(kind.layer)
    }
  }

  /// Why the node cannot be asked to get to its end; nil if it can: then an honest peer that can
  /// serve everything stays, or comes back.
  public var disarmed: String? {
    if reliablePeers.isEmpty {
      return "no full peer stays honest and able to serve everything"
    }
    // What nobody waits for any longer still takes its time on the lines of the model.
    if faults.contains(where: { $0.lie == .oversizeChunk && $0.duration == 0 }) {
      return "a peer fills the lines to the end of the run"
    }
    if end > scenario.timeLimitSeconds * 1_000 {
      return "the last fault ends after time_limit_s"
    }
    return isCutForGood ? "a fault of network, disk or time lasts to the end of the run" : nil
  }

  /// Names of the classes of its faults, in the order of the list of all.
  public var kinds: [String] {
    let present = Set(faults.map(\.kind))
    return FaultClass.all.map(\.name).filter(present.contains)
  }

  /// How its world is made.
  var shape: WorldShape {
    var shape = WorldShape()
    for fault in faults { FaultClass.named(fault.kind)?.shape?(fault, &shape) }
    return shape
  }
}

extension Scenario {
  /// The plan of its own faults with this seed. Throws for what contradicts itself, and for a fault
  /// that cannot be.
  public func plan(seed: UInt64) throws(ScenarioError) -> FaultPlan {
    try check()
    do throws(FaultPlanError) {
      return try FaultPlan(seed: seed, scenario: self)
    } catch { throw .contradiction(error.reason, keys: ["faults"]) }
  }
}

/// Why a plan cannot be used. Names the place in its file, if it comes from one.
public struct FaultPlanError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong.
  public let reason: String
  /// The key at fault.
  public let key: String
  /// The fault at fault, counted from 0; nil if it is none.
  public private(set) var fault: Int?
  /// Where it stands in a file.
  public private(set) var place: String?

  init(_ reason: String, key: String = "", place: String? = nil) {
    self.reason = reason
    self.key = key
    self.place = place
  }

  func of(fault index: Int) -> FaultPlanError {
    var error = self
    error.fault = error.fault ?? index
    return error
  }

  func at(_ place: String) -> FaultPlanError {
    var error = self
    error.place = error.place ?? place
    return error
  }

  public var description: String {
    let number = fault.map { "fault \($0 + 1): " } ?? ""
    return (place.map { "\($0): " } ?? "") + number + reason
  }
}
