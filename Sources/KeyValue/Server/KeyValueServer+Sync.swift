import Primitives
import RESP

/// Commands about the other replicas.
extension KeyValueServer {
  func answer(_ command: SyncCommand) {
    switch command {
    case .role: answerRole()
    case .repair: repair()
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

  private func repair() {
    let wasRight = core.repairIndexes()
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
