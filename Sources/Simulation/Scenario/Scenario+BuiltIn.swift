extension Scenario {
  /// The scenarios that come with the program; the same stand in Fixtures/Scenarios.
  public static let builtIn = basic + ofBugs + ofMisled + ofStores

  /// Those that wild worlds start from, too.
  static let basic: [Scenario] = [
    make(
      "default",
      "A fresh node joins a chain with forks; peers come and go, and halfway it is killed itself."
    ) {
      $0.accounts = 25_000
      $0.accountDataBytes = 250
      $0.blockIntervalMilliseconds = 3_000
      $0.uploadBytesPerSecond = 64_000
      $0.chunkItems = 5_000
      $0.forkPerMillion = 150_000
      $0.leavePerMillion = 10_000
      $0.absenceMilliseconds = 8_000
      $0.killAtPercent = 50
      $0.restartAfterMilliseconds = 2_000
      // Room for `--blocks 3000`.
      $0.timeLimitSeconds = 10_000
    },
    make("restart", "Killed once it follows, a node comes back so late that it starts anew.") {
      $0.bug = "go-ethereum: a gap of more than 90,000 blocks was a restart"
      $0.needs = [.incompleteAgain]
      $0.makeThin()
      $0.forkPerMillion = 150_000
      $0.leavePerMillion = 60_000
      $0.absenceMilliseconds = 8_000
      // Gone for more than ten batches: a state this small is cheaper to fetch anew.
      $0.blocksPerBatch = 6
      $0.killAtPercent = 100
      $0.restartAfterMilliseconds = 75_000
    },
    make("plain", "No forks, no skip blocks, no loss.") {
      $0.makeThin()
      $0.forkPerMillion = 0
      $0.skipPerMillion = 0
      $0.lossPerMillion = 0
    },
    make("forks", "A fork every few blocks, while chunks are on their way.") {
      $0.bug = "besu #10973: a peer answers in the middle of its own reorganisation"
      $0.needs = [.rebranchWhileIncomplete]
      $0.makeThin()
      $0.forkPerMillion = 300_000
    },
    make("churn", "Peers leave and come back while the node joins.") {
      $0.makeThin()
      $0.uploadBytesPerSecond = 20_000
      $0.nodes = 7
      $0.leavePerMillion = 300_000
    },
    make("wrong-value", "One peer changes a value in every chunk it serves.") {
      $0.bug = "Aptos: success was credited before the proof was checked"
      $0.needs = [.lieRefused]
      $0.makeThin()
      $0.liars = [.wrongValue]
    },
    make("wrong-diff", "One peer leaves an entry out of every diff it serves.") {
      $0.makeThin()
      $0.liars = [.wrongDiff]
      // One in three, so that in some thirty requests for a diff it is asked once.
      $0.nodes = 4
    },
    make("wrong-root", "One peer announces blocks with a wrong state root.") {
      $0.makeThin()
      $0.liars = [.wrongRoot]
    },
    make("bandwidth", "A million accounts from eight full peers, against the physical limit.") {
      $0.makeBandwidth()
    },
    make("snapshot", "The same from snapshots that all eight keep.") {
      $0.makeBandwidth()
      $0.snapshotInterval = 20
    },
    make("snapshot-liars", "Half of those who keep the snapshot lie about its pieces.") {
      $0.makeBandwidth()
      $0.accounts = 300_000
      $0.snapshotInterval = 20
      $0.liars = [.wrongPiece, .wrongPiece, .wrongPiece, .wrongPiece]
    },
    make("snapshot-manifest", "Most of those who keep the snapshot give another manifest.") {
      $0.bug = "CometBFT: a forged snapshot was found at the end, and that was fatal"
      $0.needs = [.lieRefused]
      $0.makeThin()
      $0.snapshotInterval = 10
      $0.liars = [.wrongManifest, .wrongManifest]
    },
    make("snapshot-kill", "Half of the pieces are there when the node is killed.") {
      $0.makeThin()
      $0.snapshotInterval = 10
      $0.killAtPercent = 50
    },
    make("snapshot-expiry", "Halfway nobody has the snapshots any more that a node joins from.") {
      $0.bug = "NEAR #14759, agave #12924: what is being fetched expires meanwhile"
      $0.needs = [.snapshotLost]
      $0.makeThin()
      $0.snapshotInterval = 10
      $0.snapshotGoneAtPercent = 40
    },
    make("returning", "A node comes back with an old state whose diffs nobody keeps any more.") {
      $0.makeReturning()
    },
    make("race", "On a thin line a chain of many changes leaves little room for the state.") {
      $0.makeRace()
    },
  ]

  /// Peers that send so little that the state stays incomplete over some thirty blocks: chunks meet
  /// forks, departures and lies.
  mutating func makeThin() {
    accounts = 4_000
    uploadBytesPerSecond = 16_000
  }

  /// Eight full peers at 50 ms, 10 Mbit/s up and 100 Mbit/s down each, a million accounts, and a
  /// block a second that changes about 200 of them.
  private mutating func makeBandwidth() {
    nodes = 9
    sharedPeers = 1
    accounts = 1_000_000
    blocks = 30
    blocksPerBatch = 20
    blockIntervalMilliseconds = 1_000
    transactionsPerBlock = 110
    emptyAccountPerMillion = 10_000
    forkPerMillion = 0
    skipPerMillion = 0
    latencyMilliseconds = 50
    jitterMilliseconds = 0
    lossPerMillion = 0
    uploadBytesPerSecond = 1_250_000
    downloadBytesPerSecond = 12_500_000
    joinAtBlock = 25
    chunkItems = 5_000
    followBlocks = 20
  }

  /// Eight full peers at 50 ms, and a state of which one percent has changed.
  private mutating func makeReturning() {
    makeBandwidth()
    accounts = 20_000
    transactionsPerBlock = 10
    joinAtBlock = 0
    changedPercent = 1
  }

  /// Four full peers and a line of 60 kB a second, of which each transaction takes about 200 bytes:
  /// with 300 of them in a block nothing is left.
  private mutating func makeRace() {
    sharedPeers = 1
    accounts = 30_000
    blocks = 30
    blocksPerBatch = 20
    transactionsPerBlock = 100
    // Nobody becomes too poor to go on.
    emptyAccountPerMillion = 0
    forkPerMillion = 0
    skipPerMillion = 0
    latencyMilliseconds = 50
    jitterMilliseconds = 0
    lossPerMillion = 0
    uploadBytesPerSecond = 1_250_000
    downloadBytesPerSecond = 60_000
    joinAtBlock = 20
    chunkItems = 5_000
    followBlocks = 20
    timeLimitSeconds = 400
  }

  static func make(
    _ name: String, _ description: String, _ change: (inout Scenario) -> Void
  ) -> Scenario {
    var scenario = Scenario()
    scenario.name = name
    scenario.description = description
    change(&scenario)
    return scenario
  }

  /// The built-in scenario `name`; throws `unknown`.
  public static func named(_ name: String) throws(ScenarioError) -> Scenario {
    guard let scenario = builtIn.first(where: { $0.name == name }) else {
      throw .unknown(name, known: builtIn.map(\.name))
    }
    return scenario
  }
}
