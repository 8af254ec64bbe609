extension Scenario {
  /// Situations in which other programs failed, small enough for a test each.
  static let ofBugs: [Scenario] = [
    bug(
      "chunk-before-block", "Chunks overtake the blocks whose state they are of.",
      "go-ethereum #35319: catch-up began before the headers were there", [.chunkBuffered]
    ) {
      $0.latencyMilliseconds = 10
      $0.jitterMilliseconds = 400
      $0.nodes = 7
    },
    bug(
      "pivot-moves", "The last final block moves several times while the state is fetched.",
      "go-ethereum #35463: the target moved on before the batch was committed; "
        + "base #269: a healing that never ends",
      [.macroWhileIncomplete]
    ) {
      $0.blocksPerBatch = 4
    },
    bug(
      "reorg-under-pivot", "Halfway a longer branch replaces the blocks that chunks were taken of.",
      "besu #10915: a reorganisation during recovery was fatal; go-ethereum starts anew",
      [.rebranchWhileIncomplete]
    ) {
      $0.blocksPerBatch = 20
      $0.rebranchAtPercent = 50
      $0.rebranchDepth = 5
      $0.followBlocks = 20
    },
    bug(
      "last-chunk-empty", "So few accounts that ranges have none.",
      "ranges without an account, and a state that is complete with its first answer, are where "
        + "cursors of range syncs go wrong",
      [.emptyChunk]
    ) {
      $0.accounts = 16
      $0.chunkItems = 1
      $0.newAccountPerMillion = 0
    },
    bug(
      "silent-peer", "Two of four peers take each request and never answer.",
      "Nethermind #13248: 23 h in which every request failed looked like slow work; "
        + "nimiq: a chunk is asked for again for ever",
      [.silentAsked, .timeout]
    ) {
      $0.silentPeers = 2
    },
    bug(
      "timeouts", "A fifth of all messages is lost.",
      "go-ethereum #33790: each timeout took a peer out of the pool for good", [.timeout]
    ) {
      $0.lossPerMillion = 200_000
    },
    bug(
      "slow-drip", "One peer answers just fast enough.",
      "Aptos: answers a little below the timeout raised a peer's score", [.slowChunk]
    ) {
      $0.uploadBytesPerSecond = 20_000
      $0.slowPeers = 1
      $0.slowFactor = 2
    },
    bug(
      "no-snapshots", "A node looks for snapshots where nobody keeps any.",
      "CometBFT #3878: discovery never ended without a snapshot", [.noSnapshot]
    ) {
      $0.snapshotInterval = 100_000
    },
    bug(
      "one-peer", "There is one full peer.",
      "ethrex #6804: fragile with few peers; Nethermind #6610: a single server", [.onePeer]
    ) {
      $0.nodes = 2
    },
    bug(
      "dial-only", "The node and two of its four peers can dial, and nobody can dial them.",
      "NEAR: a node stood still at its headers as long as its peers could not dial it back",
      [.neverConnected]
    ) {
      $0.undialablePeers = 2
    },
    bug(
      "kill-halfway", "The node is killed halfway and goes on with what it held.",
      "go-ethereum #35159: the state was ahead of its journal after a crash; "
        + "ethrex #6804, polkadot-sdk #4: a restart begins anew",
      [.killedWhileIncomplete, .restartWithState]
    ) {
      $0.killAtPercent = 50
    },
    bug(
      "gap-of-diffs", "Away for twenty blocks, a node comes back by their diffs.",
      "go-ethereum #35181: all diffs of the gap were in memory at once", [.restartWithState]
    ) {
      $0.killAtPercent = 100
      $0.restartAfterMilliseconds = 20_000
    },
    bug(
      "progress", "Forecasts while peers come and go.",
      "go-ethereum #35323: progress counted twice, #22172: a negative time that is left",
      [.forecast]
    ) {
      $0.accounts = 8_000
      $0.leavePerMillion = 200_000
      $0.absenceMilliseconds = 5_000
    },
  ]

  static func bug(
    _ name: String, _ description: String, _ bug: String, _ needs: [Situation],
    _ change: (inout Scenario) -> Void
  ) -> Scenario {
    make(name, description) {
      $0.makeThin()
      $0.bug = bug
      $0.needs = needs
      change(&$0)
    }
  }
}
