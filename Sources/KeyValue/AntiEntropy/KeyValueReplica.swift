import Reconciliation

/// The store as a set of records that sessions compare and repair.
///
/// A view copies nothing (`KeyValueView`). All calls must come on the thread of the core: that of
/// the first call, which is checked.
///
/// `@unchecked Sendable`: see above.
public final class KeyValueReplica: Replica, @unchecked Sendable {
  private struct WeakView {
    weak var view: KeyValueView?
  }

  private let host: any KeyValueHost
  private let guarded = ThreadGuard()
  private var views: [WeakView] = []
  private weak var latest: KeyValueView?

  public init(_ host: any KeyValueHost) { self.host = host }

  public func view() -> any ReplicaView { current() }

  /// What the store holds now. While nothing changes, the same view.
  public func current() -> KeyValueView {
    guarded.check()
    if let latest, !latest.isGivenUp,
      host.withCore({ $0.recordSummary.revision }) == latest.summary.revision
    {
      return latest
    }
    let view = host.withCore { KeyValueView(&$0, of: host, guarded: guarded) }
    views.append(WeakView(view: view))
    latest = view
    sweep()
    return view
  }

  /// Forgets what only views needed that are gone.
  func sweep() {
    views.removeAll { $0.view?.isGivenUp ?? true }
    let cursor = views.compactMap { $0.view?.cursor }.min()
    host.withCore { $0.trimHistory(before: cursor) }
  }

  /// Takes records of another replica in one batch, and answers when they are as safe as what
  /// clients write. Of two versions of one key the later one stays. What the core refuses (a time
  /// too far ahead) is left out and counted; if a content is not what its record says, nothing is
  /// stored.
  public func store(_ entries: [SyncEntry]) async throws(StoreError) -> TakenRecords {
    guarded.check()
    let effects: [KeyValueEffect]
    do throws(ContentError) { effects = try Self.effects(of: entries) } catch {
      throw .content(error)
    }
    var stored = TakenRecords()
    let failure: String? = await withCheckedContinuation { continuation in
      host.commit(
        { core in
          for effect in effects { core.take(effect, &stored) }
        }, then: { continuation.resume(returning: $0) })
    }
    if let failure { throw .notCommitted(failure) }
    return stored
  }

  /// The writes that records of a session stand for.
  package static func effects(
    of entries: [SyncEntry]
  ) throws(ContentError) -> [KeyValueEffect] {
    var effects: [KeyValueEffect] = []
    for entry in entries { effects.append(try KeyValueEffect(entry)) }
    return effects
  }

  public func apply(
    _ entries: [SyncEntry], dropping: [RecordID]
  ) async throws -> any ReplicaView {
    guard dropping.isEmpty else { throw StoreError.droppingIsNotSupported }
    _ = try await store(entries)
    return current()
  }
}

extension KeyValueCore {
  /// Takes one record of a session. Within a batch.
  package mutating func take(_ effect: KeyValueEffect, _ stored: inout TakenRecords) {
    guard let version = effect.version else { return }
    let key = effect.key
    do throws(Refusal) {
      let outcome = try apply(effect)
      stored.outcomes.append((key, outcome))
      switch outcome {
      case .stored, .merged: stored.tally.changed += 1
      case .known where isHeld(effect, key): stored.tally.add(known: key)
      case .known: stored.tally.outdated += 1
      case .dead:
        stored.tally.dead += 1
        stored.dead.append(DeadRecord(key: key, version: version))
      }
    } catch { stored.tally.add(error) }
  }

  /// Whether a key holds just this, whatever the indexes say.
  private func isHeld(_ effect: KeyValueEffect, _ key: [UInt8]) -> Bool {
    let number = key.withUnsafeBytes { table.find($0, table.hash($0)) }
    return number.flatMap { view(of: $0) }?.effect == effect
  }
}
