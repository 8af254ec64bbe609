import Primitives
import Runtime

/// What comes from peers, and the server's store.
extension ReplicationShell {
  func apply(_ effects: [KeyValueEffect], _ dead: [DeadRecord], _ token: UInt64) {
    var results: [Result<ApplyOutcome, KeyValueCore.Refusal>] = []
    results.reserveCapacity(effects.count)
    var buried = 0
    server.take { core in
      for effect in effects {
        do throws(KeyValueCore.Refusal) { results.append(.success(try core.apply(effect))) } catch {
          results.append(.failure(error))
        }
      }
      for record in dead where core.bury(record.key, record.version) { buried += 1 }
    } then: { [weak self] failure in
      self?.enter { core, source, time in
        failure == nil
          ? core.applied(token, results, buried: buried, &source, at: time)
          : core.notApplied(token, &source, at: time)
      }
    }
  }

  /// Takes some more of the deletions away that nobody needs any more.
  func purgeSome() {
    guard let (through, start) = purge else { return }
    server.endBatch()
    let before = server.core.recordCount
    let next = server.core.purge(
      through: through, from: start, entries: KeyValueLimits.purgeEntriesPerTurn)
    let dropped = before - server.core.recordCount
    if dropped > 0 { plan.recorder.record(.keyValue(.floor(dropped: dropped))) }
    purge = next.map { (through, $0) }
  }
}
