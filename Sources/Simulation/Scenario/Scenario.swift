import EventLog
import LiveSync
import Primitives
import SimulatedNetworking

/// A simulated world and what happens in it, as data. All numbers are whole.
public struct Scenario: Sendable, Hashable {
  /// Letters, digits, `-`, `_` and `.`, since files and folders are named after it.
  public var name = "unnamed"
  /// One sentence.
  public var description = ""
  /// The fault of a real program that it comes from, and where that was told; empty if none.
  public var bug = ""
  /// What must come about, or the run is vacuous.
  public var needs: [Situation] = []
  /// One honest-but-for-this peer for each entry; they come before the honest ones.
  public var liars: [LiarKind] = []
  /// What goes wrong at given times, on top (`FaultClass.all`).
  public var faults: [PlannedFault] = []
  /// How the joining node fills its state.
  public var strategy = SyncStrategy.parallel

  /// Nodes in all: full peers (liars among them) and the one that joins.
  public var nodes = 5
  public var accounts = 2_000
  /// Bytes of data of each account at the start, and most bytes that a transaction sets, unless
  /// those are fewer than `SimulationLimits.dataBytesMax`.
  public var accountDataBytes = 0
  /// Blocks the chain has at least when the run ends.
  public var blocks = 120
  public var blocksPerBatch = 10
  public var batchesPerEpoch = 4
  public var validators = 4
  public var slots = 16
  public var blockIntervalMilliseconds = 1_000
  public var transactionsPerBlock = 8
  /// Of the transfers, how many go to an address that has no account.
  public var newAccountPerMillion = 250_000
  /// Of the transactions, how many send everything away, so that the account vanishes.
  public var emptyAccountPerMillion = 100_000
  /// Of the transactions, how many set data.
  public var setDataPerMillion = 50_000
  /// Of the blocks, before how many another branch shows up.
  public var forkPerMillion = 80_000
  public var forkDepthMax = 4
  /// Of the micro blocks, how many are skipped.
  public var skipPerMillion = 40_000
  public var latencyMilliseconds = 20
  /// Mean of the exponential jitter on top.
  public var jitterMilliseconds = 10
  public var lossPerMillion = 2_000
  public var uploadBytesPerSecond = 2_000_000
  public var downloadBytesPerSecond = 8_000_000
  /// The fresh node joins when the chain has this many blocks.
  public var joinAtBlock = 35
  /// Items the fresh node asks for in one chunk.
  public var chunkItems = 20
  /// Fresh nodes that join at the same time, the one that a run is about among them. The others are
  /// on top of `nodes`, and serve what they have.
  public var joiners = 1
  /// 1: each election names other validators.
  public var changingValidators = 0
  /// 1: the chain's maker is a node of the network, and announces its blocks there itself.
  public var producerGossips = 0
  /// Of the blocks, after how many one honest peer leaves for `absenceMilliseconds`.
  public var leavePerMillion = 0
  public var absenceMilliseconds = 15_000
  /// Not 0: the full peers serve one chain that they share, and hold each block once it is made.
  public var sharedPeers = 0
  /// Full peers, the last ones, that send at `uploadBytesPerSecond / slowFactor`.
  public var slowPeers = 0
  public var slowFactor = 10
  /// Full peers, those before the slow ones, that take each request for a part of the state and
  /// never answer it.
  public var silentPeers = 0
  /// Honest full peers, the first ones, that can dial and not be dialled. Not 0: neither can the
  /// joining node, so that it has no connection to them.
  public var undialablePeers = 0
  /// Not 0: once the node holds this share of the key space, another branch replaces
  /// `rebranchDepth` blocks.
  public var rebranchAtPercent = 0
  public var rebranchDepth = 5
  /// Not 0: once it holds this share, the node is killed, and comes back after
  /// `restartAfterMilliseconds` with what its disk kept. 100: once the state has been complete for
  /// `followBlocks`.
  public var killAtPercent = 0
  public var restartAfterMilliseconds = 500
  /// Not 0: the full peers keep snapshots of so many blocks' distance, and the fresh node looks for
  /// them.
  public var snapshotInterval = 0
  public var snapshotsKept = 3
  /// Not 0: only the first so many full peers keep them.
  public var snapshotHosts = 0
  /// Not 0: once the node holds this share, nobody has the snapshots any more.
  public var snapshotGoneAtPercent = 0
  /// Not 0: the node comes back with the whole state of the first block, after so many percent of
  /// the accounts have changed, in more blocks than anybody keeps diffs of.
  public var changedPercent = 0
  /// The same in parts per million, on top.
  public var changedPerMillion = 0
  /// How that node brings its state to the present: 0 as it chooses, 1 by coded symbols, 2 down the
  /// trie, 3 by chunks.
  public var returnWay = 0
  /// Blocks the node has to follow after its state is complete.
  public var followBlocks = 10
  /// Longest virtual time of the run.
  public var timeLimitSeconds = 1_200

  public init() {}
}

extension Scenario {
  /// A number of a scenario: its key in files, what is allowed, and what it is.
  public struct Field: Sendable {
    public let key: String
    public let range: ClosedRange<Int>
    public let meaning: String
    let path: any (WritableKeyPath<Scenario, Int> & Sendable)

    /// What the number is if a file does not say.
    public var fallback: Int { Scenario()[keyPath: path] }

    init(
      _ key: String, _ path: any (WritableKeyPath<Scenario, Int> & Sendable),
      _ range: ClosedRange<Int>,
      _ meaning: String
    ) {
      self.key = key
      self.path = path
      self.range = range
      self.meaning = meaning
    }
  }

  private static let million = 0...1_000_000

  /// All numbers, in the order of files.
  public static let fields: [Field] = [
    .init("nodes", \.nodes, 2...64, "nodes, the joining one among them"),
    .init("accounts", \.accounts, 16...1_000_000, "accounts at the start"),
    .init(
      "account_data_bytes", \.accountDataBytes, 0...SimulationLimits.accountDataBytesMax,
      "data of each account at the start"),
    .init("blocks", \.blocks, 1...100_000, "blocks the chain has at least at the end"),
    .init("blocks_per_batch", \.blocksPerBatch, 4...1_000, "distance of macro blocks"),
    .init(
      "batches_per_epoch", \.batchesPerEpoch, 1...1_000, "distance of elections in macro blocks"),
    .init("validators", \.validators, 1...64, "validators"),
    .init("slots", \.slots, 4...512, "slots they share"),
    .init("block_interval_ms", \.blockIntervalMilliseconds, 50...60_000, "time between blocks"),
    .init("transactions_per_block", \.transactionsPerBlock, 0...500, "transactions in a block"),
    .init("new_account_per_million", \.newAccountPerMillion, million, "transfers to new accounts"),
    .init("empty_account_per_million", \.emptyAccountPerMillion, million, "accounts emptied"),
    .init("set_data_per_million", \.setDataPerMillion, million, "transactions that set data"),
    .init("fork_per_million", \.forkPerMillion, million, "blocks before which a fork shows up"),
    .init("fork_depth_max", \.forkDepthMax, 1...4, "most blocks a fork replaces"),
    .init("skip_per_million", \.skipPerMillion, million, "micro blocks that are skipped"),
    .init("latency_ms", \.latencyMilliseconds, 0...10_000, "one way"),
    .init("jitter_ms", \.jitterMilliseconds, 0...10_000, "mean of the exponential jitter"),
    .init("loss_per_million", \.lossPerMillion, 0...300_000, "messages lost"),
    .init("upload_bytes_per_s", \.uploadBytesPerSecond, 10_000...1_000_000_000, "of each node"),
    .init("download_bytes_per_s", \.downloadBytesPerSecond, 10_000...1_000_000_000, "likewise"),
    .init("join_at_block", \.joinAtBlock, 0...100_000, "when the fresh node joins"),
    .init("chunk_items", \.chunkItems, 1...5_000, "items asked for in one chunk"),
    .init("joiners", \.joiners, 1...8, "fresh nodes that join at the same time"),
    .init(
      "changing_validators", \.changingValidators, 0...1,
      "1: each election names other validators"),
    .init(
      "producer_gossips", \.producerGossips, 0...1,
      "1: the chain's maker announces its blocks over the network"),
    .init("leave_per_million", \.leavePerMillion, million, "blocks after which a peer leaves"),
    .init("absence_ms", \.absenceMilliseconds, 1...600_000, "how long it stays away"),
    .init("shared_peers", \.sharedPeers, 0...1, "1: the full peers serve one chain they share"),
    .init("slow_peers", \.slowPeers, 0...63, "full peers that send more slowly"),
    .init("slow_factor", \.slowFactor, 1...1_000, "how many times more slowly"),
    .init("silent_peers", \.silentPeers, 0...62, "full peers that never answer for the state"),
    .init(
      "undialable_peers", \.undialablePeers, 0...SimulatedNetworkLimits.gossipDegreeMax - 1,
      "full peers that, like the joining node then, nobody can dial"),
    .init(
      "rebranch_at_percent", \.rebranchAtPercent, 0...99,
      "share of the state held when a branch is replaced; 0 = never"),
    .init("rebranch_depth", \.rebranchDepth, 1...64, "blocks that it replaces"),
    .init(
      "kill_at_percent", \.killAtPercent, 0...100,
      "share of the state held when the node is killed; 0 = never, 100 = once it has followed"),
    .init("restart_after_ms", \.restartAfterMilliseconds, 1...600_000, "how long it is gone"),
    .init(
      "snapshot_interval", \.snapshotInterval, 0...100_000,
      "blocks between two snapshots of the full peers; 0 = none"),
    .init("snapshots_kept", \.snapshotsKept, 1...100, "snapshots that each of them keeps"),
    .init(
      "snapshot_hosts", \.snapshotHosts, 0...63, "how many of the full peers keep any; 0 = all"),
    .init(
      "snapshot_gone_at_percent", \.snapshotGoneAtPercent, 0...99,
      "share of the state held when nobody has them any more; 0 = never"),
    .init(
      "changed_percent", \.changedPercent, 0...100,
      "accounts that changed while the node was away; 0 = it joins without a state"),
    .init("changed_per_million", \.changedPerMillion, million, "the same, on top"),
    .init("return_way", \.returnWay, 0...3, "0 = as it chooses, 1 sketch, 2 descent, 3 chunks"),
    .init("follow_blocks", \.followBlocks, 4...10_000, "blocks to follow once complete"),
    .init("time_limit_s", \.timeLimitSeconds, 1...1_000_000, "longest virtual time"),
  ]

  /// The number of the field `key`, which must exist.
  public subscript(key: String) -> Int {
    get { self[keyPath: Self.path(key)] }
    set { self[keyPath: Self.path(key)] = newValue }
  }

  private static func path(_ key: String) -> WritableKeyPath<Scenario, Int> {
    guard let field = fields.first(where: { $0.key == key }) else {
      preconditionFailure("a scenario has no number '\(key)'")
    }
    return field.path
  }

  /// Whether the joining node has an old state.
  public var isReturning: Bool { changedPercent + changedPerMillion > 0 }

  /// Accounts that change while it is away.
  package var changedAccounts: Int {
    accounts * min(1_000_000, changedPercent * 10_000 + changedPerMillion) / 1_000_000
  }

  /// Full peers: every node but the joining one.
  public var fullPeers: Int { nodes - 1 }

  /// Fresh nodes that join beside the one that a run is about.
  var companions: Int { joiners - 1 }

  /// Throws for the first number out of range, and for numbers that contradict each other.
  public func check() throws(ScenarioError) {
    try checkTexts()
    for field in Self.fields where !field.range.contains(self[keyPath: field.path]) {
      throw .outOfRange(field.key, self[keyPath: field.path], field.range)
    }
    if slots < validators {
      throw .contradiction(
        "slots are fewer than validators: \(slots) and \(validators)",
        keys: ["slots", "validators"])
    }
    if followBlocks < blocksPerBatch {
      throw .contradiction(
        "follow_blocks is less than one batch (blocks_per_batch): \(followBlocks) and "
          + "\(blocksPerBatch)",
        keys: ["follow_blocks", "blocks_per_batch"])
    }
    if slowPeers + silentPeers + liars.count > fullPeers {
      throw .contradiction(
        "slow, silent and lying peers are more than the full peers",
        keys: ["slow_peers", "silent_peers", "liars", "nodes"])
    }
    if isReturning, sharedPeers == 0 {
      throw .contradiction(
        "full peers that make their chains themselves begin with it (shared_peers)",
        keys: ["changed_percent", "changed_per_million", "shared_peers"])
    }
    if isReturning, joiners > 1 {
      throw .contradiction(
        "a node that comes back does so alone (joiners)",
        keys: ["changed_percent", "changed_per_million", "joiners"])
    }
    try checkDialling()
    if silentPeers >= fullPeers {
      throw .contradiction("every full peer is silent", keys: ["silent_peers", "nodes"])
    }
    if rebranchAtPercent > 0, rebranchDepth >= blocksPerBatch {
      throw .contradiction(
        "rebranch_depth does not fit into a batch (blocks_per_batch): \(rebranchDepth) and "
          + "\(blocksPerBatch)",
        keys: ["rebranch_depth", "blocks_per_batch"])
    }
    if liars.count >= fullPeers {
      throw .contradiction("every full peer is a liar", keys: ["liars", "nodes"])
    }
  }

  /// Throws for a world in which the joining node has nobody to dial, or blocks have no way to it.
  private func checkDialling() throws(ScenarioError) {
    guard undialablePeers > 0 else { return }
    if undialablePeers + liars.count >= fullPeers {
      throw .contradiction(
        "no honest full peer can be dialled", keys: ["undialable_peers", "liars", "nodes"])
    }
    if sharedPeers > 0 {
      throw .contradiction(
        "full peers that share a chain pass no blocks on from those that nobody can dial "
          + "(shared_peers)", keys: ["undialable_peers", "shared_peers"])
    }
    let others = fullPeers + companions + producerGossips
    if others > SimulatedNetworkLimits.gossipDegreeMax {
      throw .contradiction(
        "with peers that nobody can dial at most \(SimulatedNetworkLimits.gossipDegreeMax) nodes "
          + "beside the joining one are all neighbours, and there are \(others)",
        keys: ["undialable_peers", "nodes", "joiners", "producer_gossips"])
    }
  }

  /// Throws for a name that could lead out of a folder, pose as an option or hide on a terminal.
  private func checkTexts() throws(ScenarioError) {
    let letters = name.utf8.allSatisfy { byte in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-_.".utf8.contains(byte)
    }
    let limit = SimulationLimits.nameBytesMax
    guard letters, (1...limit).contains(name.utf8.count), !name.hasPrefix("."),
      !name.hasPrefix("-")
    else {
      throw .contradiction(
        "name is no name: 1 to \(limit) letters, digits, '-', '_' and '.' are one, with no '-' and "
          + "no '.' at its beginning", keys: ["name"])
    }
    for (key, text) in [("description", description), ("bug", bug)]
    where text.utf8.count > SimulationLimits.descriptionBytesMax {
      throw .contradiction(
        "\(key) is longer than \(SimulationLimits.descriptionBytesMax) bytes", keys: [key])
    }
  }

  /// The numbers as text for the log, in order.
  public var parameters: String { parameters { _ in true } }

  /// Those that are not what a file has that does not say, and those that say how large it is.
  public var parametersChanged: String {
    parameters { ["nodes", "accounts", "blocks"].contains($0.key) || self[$0.key] != $0.fallback }
  }

  private func parameters(_ isShown: (Field) -> Bool) -> String {
    let numbers = Self.fields.filter(isShown).map { "\($0.key)=\(self[keyPath: $0.path])" }
    return
      (numbers + [
        "strategy=\(strategy.rawValue)", "liars=\(liars.map(\.rawValue).joined(separator: ","))",
      ])
      .joined(separator: " ")
  }
}
