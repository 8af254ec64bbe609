extension Scenario {
  /// Situations in which other programs failed for what their processes and disks did.
  static let ofStores: [Scenario] = [
    bug(
      "crash-at-writes", "The process ends six times before or after a write.",
      "go-ethereum #35159: the state was ahead of its journal after a crash",
      [.faultsFired, .killedWhileIncomplete, .restartWithState]
    ) {
      $0.faults = [1, 2, 7, 8, 30, 31].enumerated().map { place, writes in
        PlannedFault(
          "crash_at_write", start: 40_000 + 5_000 * place, duration: 500, amount: writes)
      }
    },
    bug(
      "torn-batch", "The process ends three times when a batch is only partly on the disk.",
      "NEAR #7285: after an interruption records were missing in the database",
      [.faultsFired, .restartWithState]
    ) {
      $0.faults = [40_000, 50_000, 60_000].map {
        PlannedFault("torn_commit", start: $0, duration: 2_000, amount: 300)
      }
    },
    bug(
      "failing-batch", "Batches are refused by the disk, and then it is full.",
      "go-ethereum #35463: the target moved on before its batch was on the disk",
      [.faultsFired, .storeFailed, .restartWithState]
    ) {
      $0.faults =
        [(38_000, 20), (48_000, 7), (58_000, 40)].map { start, writes in
          PlannedFault("failed_write", start: start, duration: 8_000, amount: writes)
        } + [PlannedFault("full_disk", start: 66_000, duration: 3_000, amount: 500)]
    },
    bug(
      "old-journal", "Twice the node comes back with a store of ten seconds ago.",
      "go-ethereum #35316: a stale journal was reused",
      [.faultsFired, .olderState, .restartWithState]
    ) {
      $0.faults = [
        PlannedFault("stale_store", start: 40_000, duration: 10_000),
        PlannedFault("stale_store", start: 54_000, duration: 10_000),
      ]
    },
    bug(
      "damaged-journal", "Three times a bit of the store is wrong when the node comes back.",
      "go-ethereum: a journal that was damaged is one of its tests; NEAR: the database itself may "
        + "be damaged, as its manual warns (#8719)",
      [.faultsFired, .restartRefused, .restartWithState]
    ) {
      $0.faults = [40_000, 48_000, 56_000].flatMap { start in
        [
          PlannedFault("bit_flip", start: start, duration: 6_000, amount: 3),
          PlannedFault("crash", start: start + 1, duration: 500),
        ]
      }
    },
    bug(
      "finished-journal", "Halfway the node comes back with the store of a node that was done.",
      "go-ethereum #35316: the journal of an earlier sync was taken for that of the present one",
      [.faultsFired, .finishedState]
    ) {
      $0.faults = [PlannedFault("other_store", start: 45_000, duration: 1_000)]
    },
    bug(
      "older-format",
      "Halfway a newer program finds the store of an older one, and gets a new one.",
      "go-ethereum #31131: a journal of the format before was thrown away, and the state lacked "
        + "nodes from then on",
      [.faultsFired, .formatRefused, .olderState]
    ) {
      $0.faults = [PlannedFault("older_format", start: 45_000, duration: 3_000)]
    },
  ]
}
