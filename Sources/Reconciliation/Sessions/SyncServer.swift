import Networking
import Primitives
import Runtime

/// The side of sessions that answers. It keeps nothing of a session but the views that the latest
/// sessions began with. A value.
public struct SyncServer: Sendable {
  /// What becomes of a request.
  public enum Reply: Sendable {
    case answer(SyncAnswer)
    /// These are to be stored; the answer is `.stored` with what is held then.
    case store([SyncEntry])
    /// The peer broke the protocol: nothing is answered.
    case fault(ReconciliationError)
  }

  private let transfer: any ValueTransfer
  private var limiter: RateLimiter
  /// Newest last.
  private var views: [any ReplicaView] = []

  public init(transfer: any ValueTransfer = WholeValues(), limits: RateLimits = RateLimits()) {
    self.transfer = transfer
    limiter = RateLimiter(limits: limits)
  }

  /// Answers a request.
  /// - Parameter view: what the replica holds now.
  public mutating func answer(
    _ request: SyncRequest, of peer: PeerID, view: any ReplicaView, at now: Moment
  ) -> Reply {
    guard limiter.allow(SyncRequest.type, from: peer, at: now) else {
      return .answer(.refused(.busy))
    }
    let summary = view.summary
    switch request.body {
    case .open(let theirs, let strategy, let message):
      let strategies = view.strategies.prefix(ReconciliationLimits.strategiesMax).map(\.rawValue)
      if theirs.root == summary.root {
        return .answer(.opened(summary, strategies: strategies, message: nil))
      }
      keep(view)
      return compared(strategy, message, in: view) {
        .opened(summary, strategies: strategies, message: $0)
      }
    case .compare(let revision, let strategy, let message):
      let kept = summary.revision == revision ? view : self.view(of: revision)
      guard let kept else { return .answer(.moved(summary)) }
      return compared(strategy, message, in: kept) { .compared($0) }
    case .records(let ids): return .answer(records(ids, in: view))
    case .values(let wishes): return .answer(values(wishes, in: view))
    case .store(let entries):
      if let wrong = entries.first(where: { !$0.isItsRecord }) {
        return .fault(
          .contradiction("the value sent for \(wrong.record.id) is not that of its record"))
      }
      return .store(entries)
    case .summary: return .answer(.summary(summary))
    }
  }

  private func compared(
    _ strategy: UInt8, _ message: [UInt8], in view: any ReplicaView,
    _ answer: ([UInt8]) -> SyncAnswer
  ) -> Reply {
    let known = view.strategies.first { $0.rawValue == strategy }
    guard let known, let responder = view.responder(of: known) else {
      return .answer(.refused(.strategy))
    }
    do throws(ReconciliationError) {
      return .answer(answer(try responder.answer(message)))
    } catch {
      switch error.kind {
      case .malformed, .contradiction: return .fault(error)
      case .limitReached, .unavailable: return .answer(.refused(.message))
      }
    }
  }

  private mutating func keep(_ view: any ReplicaView) {
    guard self.view(of: view.summary.revision) == nil else { return }
    views.append(view)
    if views.count > ReconciliationLimits.viewsMax { views.removeFirst() }
  }

  private func view(of revision: UInt64) -> (any ReplicaView)? {
    views.first { $0.summary.revision == revision }
  }

  /// At least one of them, and then as many as have room.
  private func records(_ ids: [RecordID], in view: any ReplicaView) -> SyncAnswer {
    var answers: [RecordAnswer] = []
    var bytes = 0
    for id in ids {
      guard let record = view.record(id) else {
        answers.append(.unheld)
        continue
      }
      var answer = RecordAnswer.record(record)
      var size = record.key.count + 2 * Hash256.byteCount
      if record.size <= ReconciliationLimits.inlineValueBytesMax,
        let value = view.value(of: record)
      {
        answer = .entry(SyncEntry(record: record, value: value))
        size += value.count
      }
      if bytes + size > ReconciliationLimits.batchBytesMax, !answers.isEmpty { break }
      bytes += size
      answers.append(answer)
    }
    return .records(answers, revision: view.summary.revision)
  }

  private func values(_ wishes: [ValueWish], in view: any ReplicaView) -> SyncAnswer {
    var answers: [ValueAnswer] = []
    var bytes = 0
    for wish in wishes {
      guard let record = view.record(wish.id), let value = view.value(of: record) else {
        answers.append(.unheld)
        continue
      }
      var answer = ValueAnswer.value(value)
      var size = value.count
      if let offer = wish.offer, let patch = transfer.patch(to: value, from: offer),
        patch.count < size
      {
        answer = .patch(patch)
        size = patch.count
      }
      if bytes + size > ReconciliationLimits.batchBytesMax, !answers.isEmpty { break }
      bytes += size
      answers.append(answer)
    }
    return .values(answers)
  }
}

extension SyncEntry {
  /// Whether the value is the one that the record names.
  var isItsRecord: Bool {
    value.count == Int(record.size) && Blake2b256.hash(value) == record.digest
  }
}
