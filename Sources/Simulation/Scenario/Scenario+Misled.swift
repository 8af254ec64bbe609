extension Scenario {
  /// Situations in which other programs failed that need peers which mislead, or a chain that does
  /// what chains seldom do.
  static let ofMisled: [Scenario] = [
    bug(
      "diffs-lacked", "Three of four peers say that they lack every diff.",
      "go-ethereum #35181: a peer without the changes of a block, or all of them, stopped the "
        + "healing",
      [.diffLacked]
    ) {
      $0.liars = [.unknownDiff, .unknownDiff, .unknownDiff]
    },
    bug(
      "missing-header", "Three of four peers pass on no header of even height.",
      "go-ethereum #35319: a gap was to be closed whose headers were not there yet",
      [.headerMissing]
    ) {
      $0.liars = [.withheldHeader, .withheldHeader, .withheldHeader]
    },
    bug(
      "value-returns", "Accounts are emptied, come back and are emptied again all the time.",
      "go-ethereum: a value that returns to an older one was healed into the wrong block",
      [.valueReturned]
    ) {
      $0.emptyAccountPerMillion = 1_000_000
      $0.newAccountPerMillion = 0
      $0.setDataPerMillion = 0
      $0.transactionsPerBlock = 20
    },
    bug(
      "chunk-of-no-block", "Two of four peers give every chunk as one of a block that never comes.",
      "nimiq: a chunk whose block never comes was waited for", [.chunkUnused]
    ) {
      $0.liars = [.chunkOfNoBlock, .chunkOfNoBlock]
    },
    bug(
      "good-and-bad", "One peer changes a value in every second chunk.",
      "Aptos: who gives good and bad answers in turn kept its score", [.lieRefused]
    ) {
      $0.liars = [.everySecondChunk]
    },
    bug(
      "bad-chunks", "Each of six peers makes all its chunks wrong in another way.",
      "chunks that are cut, bloated, gapped, unsorted, doubled or unproven are what range "
        + "syncs have to refuse",
      [.lieRefused]
    ) {
      $0.nodes = 10
      $0.liars = [
        .undecodableChunk, .bloatedProof, .omittedKey, .unsorted, .overlappingEnd, .noProof,
      ]
    },
    bug(
      "diffs-lost", "For a quarter of a minute all peers say that they lack every diff.",
      "go-ethereum #35158: a diff that peers lack was asked for again for ever",
      [.diffLackedByAll, .faultsFired]
    ) {
      $0.faults = (1...$0.fullPeers).map {
        PlannedFault("pruned", start: 40_000, duration: 15_000, node: $0)
      }
    },
    bug(
      "oversize-chunks", "Two of four peers give chunks that are larger than any may be.",
      "polkadot-sdk #5053, go-ethereum #35181: out of memory by answers that nothing bounds",
      [.answerTooLarge, .lieTold]
    ) {
      // Such a chunk takes minutes on the lines of the others, and would be late.
      $0.uploadBytesPerSecond = 20_000_000
      $0.downloadBytesPerSecond = 160_000_000
      $0.chunkItems = 2
      $0.liars = [.oversizeChunk, .oversizeChunk]
    },
    bug(
      "false-height", "Two of four peers say that their heads are far ahead.",
      "NEAR #16349: one height that a peer had made up ended a sync", [.lieTold]
    ) {
      $0.liars = [.falseHead, .falseHead]
    },
    bug(
      "forged-snapshot", "Two of four peers name a snapshot that is newer than any, and forged.",
      "CometBFT: a forged snapshot of the highest height was taken first, and was fatal",
      [.snapshotRefused, .lieTold]
    ) {
      $0.snapshotInterval = 20
      $0.liars = [.forgedSnapshot, .forgedSnapshot]
    },
    bug(
      "behind-halfway",
      "Killed halfway, a node comes back so late that it jumps with what it held.",
      "Nethermind #4502: two ways of syncing were at work at once",
      [.killedWhileIncomplete, .jumpWithPart]
    ) {
      $0.blocksPerBatch = 6
      $0.killAtPercent = 50
      $0.restartAfterMilliseconds = 75_000
    },
  ]
}
