import Networking
import Primitives
import Runtime

/// Answers, and what follows from them.
extension SyncSession {
  mutating func take(
    _ answer: SyncAnswer, to request: Sent
  ) throws(ReconciliationError) -> [Action] {
    switch (request.body, answer) {
    case (.open, .opened(let summary, let strategies, let taken)):
      remote = summary
      comparedRevision = summary.revision
      remoteStrategies = Set(view.strategies.filter { strategies.contains($0.rawValue) })
      guard request.comparison?.round == rounds else { return [] }
      if let taken { try opened(taken) } else { try equal(summary) }
    case (.compare, .compared(let message)): try compared(message, to: request)
    case (.look, .looked(let seen, let message)): try looked(seen, message, to: request)
    case (.look, .refused(.strategy)), (.look, .refused(.message)): notLooked(request)
    case (.compare, .moved(let summary)), (.look, .moved(let summary)):
      if request.comparison?.round == rounds { try moved(summary) }
    case (.open, .refused(.strategy)), (.compare, .refused(.strategy)),
      (.open, .refused(.message)), (.compare, .refused(.message)):
      if request.comparison?.round == rounds { strategyFailed() }
    case (.records(let ids), .records(let answers, let revision)):
      return try records(answers, of: ids, revision: revision)
    case (.values(let wishes), .values(let answers)): return try values(answers, of: wishes)
    case (.store(let entries), .stored(let summary)):
      remote = summary
      itemsDone += entries.count
      statistics.items += entries.count
      for entry in entries { available.remove(entry.record.id) }
    case (.summary, .summary(let summary)):
      remote = summary
      isVerifying = false
      #if MUTANTS
        if Mutant.isOn(.rootsNotCompared) {
          phase = .complete
          return []
        }
      #endif
      if summary.root == view.summary.root {
        phase = .complete
      } else {
        // What named records that nobody holds is not believed again.
        if unheld > 0, let choice { failedStrategies.insert(choice.strategy) }
        compare()
      }
    case (_, .refused):
      var request = request
      request.attempts += 1
      guard request.attempts < ReconciliationLimits.attemptsMax else {
        phase = .failed(.refused)
        return []
      }
      again.append(request)
    default: throw .malformed("an answer of another kind than what \(peer) was asked for")
    }
    return []
  }

  /// The other side says that the roots are equal.
  private mutating func equal(_ summary: ReplicaSummary) throws(ReconciliationError) {
    guard summary.root == view.summary.root else {
      throw .contradiction("\(peer) takes the roots for equal and names another one")
    }
    comparison = nil
    phase = .complete
  }

  private mutating func records(
    _ answers: [RecordAnswer], of ids: [RecordID], revision: UInt64
  ) throws(ReconciliationError) -> [Action] {
    guard !answers.isEmpty, answers.count <= ids.count else {
      throw .malformed("\(answers.count) records for \(ids.count) names of \(peer)")
    }
    var entries: [SyncEntry] = []
    for (id, answer) in zip(ids, answers) {
      let record: Record
      switch answer {
      case .unheld:
        // It may be gone since. If not, the names were wrong, and the roots will show it.
        if revision == comparedRevision { unheld += 1 }
        settle(id)
        continue
      case .record(let given): record = given
      case .entry(let entry): record = entry.record
      }
      guard record.id == id else {
        throw .contradiction("\(peer) gives the record \(record.id) for the name \(id)")
      }
      if let older = view.record(of: record.key), older.version < record.version {
        outdated.insert(older.id)
      }
      if case .entry(let entry) = answer {
        guard entry.isItsRecord else { throw wrongValue(of: id) }
        entries.append(entry)
        settle(id)
      } else if record.size > ReconciliationLimits.valueBytesMax {
        throw .limitReached(
          "the value of \(id) has \(record.size) bytes; a session takes "
            + "\(ReconciliationLimits.valueBytesMax)")
      } else {
        wantedValues.append(record)
      }
    }
    wantedIDs += ids.dropFirst(answers.count)
    return apply(entries)
  }

  private mutating func values(
    _ answers: [ValueAnswer], of wishes: [ValueWish]
  ) throws(ReconciliationError) -> [Action] {
    guard !answers.isEmpty, answers.count <= wishes.count else {
      throw .malformed("\(answers.count) values for \(wishes.count) names of \(peer)")
    }
    var entries: [SyncEntry] = []
    for (wish, answer) in zip(wishes, answers) {
      guard let (record, base) = asked.removeValue(forKey: wish.id) else { continue }
      let value: [UInt8]
      switch answer {
      case .unheld:
        settle(wish.id)
        continue
      case .value(let given):
        value = given
        statistics.compression.add(original: given.count, compressed: given.count)
      case .patch(let patch):
        guard wish.offer != nil, let base else {
          throw .contradiction("a patch of \(wish.id) from \(peer), to whom nothing was offered")
        }
        guard let made = try transfer.value(of: patch, base: base, size: Int(record.size)) else {
          wholeOnly.insert(wish.id)
          wantedValues.append(record)
          continue
        }
        value = made
        statistics.compression.add(original: made.count, compressed: patch.count)
      }
      let entry = SyncEntry(record: record, value: value)
      guard entry.isItsRecord else { throw wrongValue(of: wish.id) }
      entries.append(entry)
      settle(wish.id)
    }
    for wish in wishes.dropFirst(answers.count) {
      if let (record, _) = asked.removeValue(forKey: wish.id) { wantedValues.append(record) }
    }
    return apply(entries)
  }

  private func wrongValue(of id: RecordID) -> ReconciliationError {
    .contradiction("the value of \(id) from \(peer) is not that of its record")
  }

  private mutating func settle(_ id: RecordID) {
    guard needed.remove(id) != nil else { return }
    itemsDone += 1
  }

  /// Hands entries to the owner.
  private mutating func apply(
    _ entries: [SyncEntry], dropping: [RecordID] = []
  ) -> [Action] {
    guard !entries.isEmpty || !dropping.isEmpty else { return [] }
    statistics.items += entries.count
    unstored.append((entries.count, entries.reduce(0) { $0 + $1.value.count }))
    return [.apply(entries, dropping: dropping)]
  }

  /// Goes on to the next phase if this one has nothing left.
  mutating func advance(at now: Moment) -> [Action] {
    do throws(ReconciliationError) {
      if let comparison, comparison.isComplete { try found(comparison.difference) }
    } catch {
      return end(.failed(.tooLarge(error)), at: now)
    }
    if isComplete { return end(phase, at: now) }
    var actions: [Action] = []
    if phase == .stateRequest, wantedIDs.isEmpty, isIdle {
      phase = .stateTransfer
      actions += planTransfer()
    }
    if isTransferred { phase = .verification }
    return actions
  }

  /// Whether nothing of the transfer is left to do.
  var isTransferred: Bool {
    phase == .stateTransfer && wantedValues.isEmpty && offeredIDs.isEmpty && unstored.isEmpty
      && isIdle
  }

  private var isIdle: Bool { sent.isEmpty && again.isEmpty }

  /// What only this side has goes to the other side, or away.
  private mutating func planTransfer() -> [Action] {
    switch configuration.direction {
    case .exchange:
      available.subtract(outdated)
      offeredIDs = available.sorted()
      outdated = []
      return []
    case .mirror:
      let dropped = available.subtracting(outdated).sorted()
      available = []
      outdated = []
      itemsDone += dropped.count
      return apply([], dropping: dropped)
    }
  }
}
