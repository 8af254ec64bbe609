import Ledger
import Primitives
import Snapshot
import TestSupport
import Testing

@Suite struct ScheduleTests {
  private static func id(_ number: UInt32) -> BlockID {
    BlockID(number: number, hash: Blake2b256.hash([UInt8(number & 255), UInt8(number >> 8)]))
  }

  private static func schedule(
    interval: UInt32, keep: Int, batch: UInt32 = 60, kept: [UInt32] = []
  ) -> SnapshotSchedule {
    SnapshotSchedule(
      options: SnapshotOptions(interval: interval, keep: keep), blocksPerBatch: batch,
      kept: kept.map { SnapshotName(height: $0) })
  }

  @Test func snapshot_shouldBeDue_atTheFirstMacroBlockAtOrAboveEachMultiple() {
    for (interval, batch) in [(1_000, 60), (100, 60), (50, 60), (60, 60), (1, 8), (7, 3)] {
      let schedule = Self.schedule(interval: UInt32(interval), keep: 3, batch: UInt32(batch))
      let macros = stride(from: batch, through: 5_000, by: batch).map { UInt32($0) }
      let expected = Set(
        stride(from: interval, through: 5_000, by: interval).compactMap { multiple in
          macros.first { $0 >= UInt32(multiple) }
        })
      #expect(Set(macros.filter(schedule.isDue)) == expected, "\(interval), \(batch)")
    }
    #expect(!Self.schedule(interval: 0, keep: 3).isDue(1_000))
    #expect(!Self.schedule(interval: 1, keep: 3).isDue(0))
    #expect(SnapshotOptions().interval == SnapshotLimits.defaultInterval)
    #expect(SnapshotOptions().keep == SnapshotLimits.defaultKeep)
  }

  @Test func snapshot_shouldBeSkipped_whenTheOneBeforeIsNotDone() {
    var schedule = Self.schedule(interval: 60, keep: 0)
    #expect(schedule.finalized(Self.id(60)) == [.take(Self.id(60))])
    #expect(schedule.finalized(Self.id(120)) == [.skip(120, .busy)])
    #expect(schedule.ended(isTaken: true) == [])
    #expect(schedule.finalized(Self.id(60)) == [])
    #expect(schedule.finalized(Self.id(180)) == [.take(Self.id(180))])
    #expect(schedule.ended(isTaken: false) == [])
    #expect(schedule.kept == [SnapshotName(height: 60)])
    #expect(schedule.ended(isTaken: true) == [])
  }

  @Test func lowestSnapshots_shouldBeRemoved_butNotWhatIsServed() {
    var schedule = Self.schedule(interval: 60, keep: 2, kept: [60, 120])
    let low = SnapshotName(height: 60)
    #expect(schedule.pin(low) && schedule.pin(low) && !schedule.pin(SnapshotName(height: 9)))
    _ = schedule.finalized(Self.id(180))
    #expect(schedule.ended(isTaken: true) == [])
    _ = schedule.finalized(Self.id(240))
    #expect(schedule.ended(isTaken: true) == [.remove(SnapshotName(height: 120))])
    #expect(schedule.unpin(low) == [])
    #expect(schedule.unpin(low) == [.remove(low)])
    #expect(schedule.unpin(low) == [])
    // Snapshots of other formats are somebody else's.
    var other = SnapshotSchedule(
      options: SnapshotOptions(keep: 1), blocksPerBatch: 60,
      kept: [SnapshotName(height: 1, format: 1), SnapshotName(height: 2)])
    #expect(other.change(SnapshotOptions(keep: 1)) == [])
  }

  @Test func changedOptions_shouldNotTouchWhatIsTaken() {
    var schedule = Self.schedule(interval: 60, keep: 3, kept: [60, 120])
    #expect(schedule.finalized(Self.id(180)) == [.take(Self.id(180))])
    let changed = schedule.change(SnapshotOptions(interval: 1_000, keep: 1))
    #expect(changed == [.remove(SnapshotName(height: 60))])
    #expect(schedule.taking == Self.id(180))
    // Not due by the new interval, so nothing is skipped either.
    #expect(schedule.finalized(Self.id(240)) == [])
    #expect(schedule.ended(isTaken: true) == [.remove(SnapshotName(height: 120))])
    #expect(schedule.kept == [SnapshotName(height: 180)])
    _ = schedule.change(SnapshotOptions(interval: 60, keep: 1))
    #expect(schedule.finalized(Self.id(300)) == [.take(Self.id(300))])
    // Switched off meanwhile: it is finished, and no other is begun.
    #expect(schedule.change(SnapshotOptions(interval: 0, keep: 1)) == [])
    #expect(schedule.ended(isTaken: true) == [.remove(SnapshotName(height: 180))])
    #expect(schedule.finalized(Self.id(360)) == [])
  }

  @Test func servedSnapshots_shouldBeRemoved_aboveTheirNumber_theOldestFirst() {
    let numbers = (1...UInt32(SnapshotLimits.leasedMax + 3)).map { $0 * 60 }
    var schedule = Self.schedule(interval: 60, keep: 0, kept: numbers)
    let names = numbers.map { SnapshotName(height: $0) }
    for name in names {
      let isPinned = schedule.pin(name)
      #expect(isPinned)
    }
    let removed = schedule.change(SnapshotOptions(interval: 60, keep: 1))
    #expect(removed == names.prefix(2).map { .remove($0) })
    #expect(schedule.kept == Set(names.dropFirst(2)))
    // Whoever held it lets go of nothing.
    #expect(schedule.unpin(names[0]) == [])
    #expect(schedule.unpin(names[2]) == [.remove(names[2])])
  }

  /// Any order of calls, against plain sets.
  @Test func schedule_shouldKeepWhatItPromises_whateverHappens() {
    for seed in 0..<Campaign.seeds("LIVESYNC_SNAPSHOT_SEEDS", default: 200) {
      var random = SeededGenerator(seed: seed)
      var schedule = Self.schedule(interval: 60, keep: 3)
      var there: Set<SnapshotName> = []
      var pinned: [SnapshotName] = []
      var number: UInt32 = 0
      func check(_ actions: [SnapshotSchedule.Action]) {
        for case .remove(let name) in actions {
          #expect(there.remove(name) != nil && !pinned.contains(name), "seed \(seed)")
          #expect(schedule.taking?.number != name.height, "seed \(seed)")
        }
        let keep = schedule.options.keep
        #expect(schedule.kept == there, "seed \(seed)")
        if keep > 0 {
          let extra = there.sorted().dropLast(keep)
          #expect(extra.allSatisfy { pinned.contains($0) } || !actions.isEmpty, "seed \(seed)")
        }
      }
      for _ in 0..<60 {
        switch random.below(6) {
        case 0, 1:
          number += 60
          let actions = schedule.finalized(Self.id(number))
          #expect(actions.count <= 1)
        case 2:
          let taking = schedule.taking
          let isTaken = random.chance(80)
          let actions = schedule.ended(isTaken: isTaken)
          if let taking, isTaken { there.insert(SnapshotName(height: taking.number)) }
          check(actions)
        case 3:
          check(
            schedule.change(
              SnapshotOptions(
                interval: [0, 60, 120][random.below(3)], keep: random.below(4))))
        case 4:
          if let name = there.sorted().first, schedule.pin(name) { pinned.append(name) }
        default:
          if !pinned.isEmpty {
            let name = pinned.remove(at: random.below(pinned.count))
            check(schedule.unpin(name))
          }
        }
      }
    }
  }
}
