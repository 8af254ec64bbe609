import Primitives
import RESP

/// Commands about the other replicas.
extension KeyValueServer {
  func answer(_ command: SyncCommand, _ client: ClientConnection) {
    switch command {
    case .role: answerRole()
    case .repair: repair(client)
    case .status: replies.fields(replication?.statusFields ?? [SyncField("replicating", 0)])
    case .peers:
      let peers = replication?.peerStatuses ?? []
      replies.array(peers.count)
      for peer in peers {
        replies.fields(
          [
            SyncField("key", "\(peer.key)"), SyncField("name", peer.name),
            SyncField("address", peer.host.isEmpty ? "" : peer.place),
            SyncField("linked", peer.isLinked ? 1 : 0),
            SyncField("acknowledged", peer.acknowledged),
          ] + peer.fields)
      }
    case .now:
      guard let replication else { return replies.error(Self.isAlone) }
      replies.integer(Int64(replication.beginRounds()))
    case .forget(let key):
      guard let replication else { return replies.error(Self.isAlone) }
      do throws(SyncRefusal) {
        try replication.forget(key)
        replies.simple("OK")
      } catch { replies.error("ERR \(error)") }
    }
  }

  private static let isAlone: StaticString =
    "ERR this node has no replicas: it was started without --replicate and --peer"

  /// As Redis' ROLE of a node that takes writes.
  private func answerRole() {
    let peers = (replication?.peerStatuses ?? []).filter(\.isLinked)
    replies.array(3)
    replies.bulk("master")
    replies.integer(Int64(clamping: core.lastTicks))
    replies.array(peers.count)
    for peer in peers {
      replies.array(3)
      replies.bulk(peer.host)
      replies.bulk("\(peer.port)")
      replies.bulk("\(peer.acknowledged)")
    }
  }

  /// Makes the indexes anew, some at a time, while others are served. All of a transaction is done
  /// in one batch, so there it is done at once.
  private func repair(_ client: ClientConnection) {
    let isAtOnce = client.session.run != nil
    if let wasRight = isAtOnce ? core.repairIndexes() : core.repairSome() {
      return answerRepair(wasRight)
    }
    client.isBlocked = true
    repairing.append(client)
    guard !isRepairing else { return }
    isRepairing = true
    repairLater()
  }

  private func repairLater() {
    runtime.schedule(at: runtime.now.advanced(by: KeyValueLimits.settlePause)) { [weak self] in
      guard let self, !isStopped else { return }
      endBatch()
      guard let wasRight = core.repairSome() else { return repairLater() }
      isRepairing = false
      for client in repairing { goOn(client) { answerRepair(wasRight) } }
    }
  }

  private func answerRepair(_ wasRight: Bool) {
    if !wasRight { tell(.indexRebuilt) }
    replies.fields([
      SyncField("records", core.recordCount), SyncField("index", wasRight ? "sound" : "rebuilt"),
      SyncField("digest", core.digest), SyncField("rounds", replication?.beginRounds() ?? 0),
    ])
  }
}

extension SyncPeerStatus {
  /// `HOST:PORT`.
  var place: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension ReplyBuffer {
  /// Appends a map of facts.
  fileprivate mutating func fields(_ fields: [SyncField]) {
    map(fields.count)
    for field in fields {
      bulk(field.name)
      switch field.value {
      case .text(let text): bulk(text)
      case .number(let number): integer(number)
      }
    }
  }
}
