import Networking
import Primitives
import Transport

/// What commands ask, and what is counted.
extension ReplicationShell: ReplicationService {
  package func wrote(_ keys: [[UInt8]]) {
    enter { core, source, time in core.wrote(keys, &source, at: time) }
  }

  private var status: ReplicationStatus {
    core.status(clock: server.core.lastTicks, floor: server.core.floor)
  }

  package var statusFields: [SyncField] {
    [SyncField("replicating", 1)] + status.lines.map { SyncField($0.name, $0.value) }
  }

  package var peerStatuses: [SyncPeerStatus] {
    status.peers.map { peer in
      let place = place(of: peer)
      return SyncPeerStatus(
        key: peer.identity.key, name: peer.name, host: place?.hostText ?? "",
        port: place?.port ?? 0, isLinked: peer.state == .linked, acknowledged: peer.held,
        fields: peer.lines.filter { !["node", "name"].contains($0.name) }.map {
          SyncField($0.name, $0.value)
        })
    }
  }

  /// Where a peer listens, or else where it came from.
  private func place(of peer: ReplicationStatus.Peer) -> SocketAddress? {
    peer.addresses.lazy.compactMap { SocketAddress($0) }.first ?? places[peer.identity]
  }

  package func beginRounds() -> Int {
    let linked = status.peers.count { $0.state == .linked }
    // Requests are being executed: between batches.
    runtime.soon { [weak self] in
      self?.enter { core, source, time in core.syncNow(&source, at: time) }
    }
    return linked
  }

  package func forget(_ key: PublicKey) throws(SyncRefusal) {
    let identity = NodeIdentity(key: key)
    guard identity != network.local.identity else {
      throw SyncRefusal("a node cannot forget itself")
    }
    guard let member = core.book.table[identity] else {
      throw SyncRefusal("there is no replica with this key")
    }
    guard !member.isRemoved else { throw SyncRefusal("this replica was removed before") }
    runtime.soon { [weak self] in
      self?.enter { core, source, time in core.forget(identity, &source, at: time).actions }
    }
  }

  package func acknowledged(_ ticks: UInt64) -> Int { core.acknowledgements(of: ticks) }

  /// INFO's section on replication, without the store, which is being used.
  var infoLines: [(String, String)] {
    let status = core.status(clock: 0, floor: 0)
    let linked = status.peers.filter { $0.state == .linked }
    var lines = [("connected_slaves", "\(linked.count)")]
    for (number, peer) in linked.enumerated() {
      let place = place(of: peer)
      lines.append(
        (
          "slave\(number)",
          "ip=\(place?.hostText ?? ""),port=\(place?.port ?? 0),state=online,offset=\(peer.held),"
            + "lag=\((peer.age ?? 0) / 1000)"
        ))
    }
    return lines + status.lines.filter { !$0.name.hasSuffix("_ms") }.map { ($0.name, $0.value) }
  }

  package var metrics: [KeyValueMetric] {
    let status = status
    let counters = ReplicationStatistics.names.map { name, path in
      KeyValueMetric(
        "livesync_kv_replication_\(name)_total", .counter, "SYNC.STATUS: \(name).",
        Double(status.statistics[keyPath: path]))
    }
    func gauge(
      _ name: String, _ help: String, _ value: (ReplicationStatus.Peer) -> Double?
    ) -> KeyValueMetric {
      KeyValueMetric(
        "livesync_kv_replica_\(name)", .gauge, help,
        status.peers.compactMap { peer in
          value(peer).map { KeyValueMetric.Sample(peer: "\(peer.identity)", value: $0) }
        })
    }
    return counters + [
      KeyValueMetric(
        "livesync_kv_members", .gauge, "Members of the cluster, this one counted.",
        Double(status.peers.count + 1)),
      KeyValueMetric(
        "livesync_kv_floor_seconds", .gauge,
        "Time since 1970 up to which deletions are not kept.", Double(status.floor >> 16) / 1000),
      gauge("linked", "1 while the replica is linked.") { $0.state == .linked ? 1 : 0 },
      gauge("queued_keys", "Keys that wait to be pushed.") { Double($0.queuedKeys) },
      gauge("equal", "1 if the last round found the same data.") { $0.isEqual.map { $0 ? 1 : 0 } },
      gauge("clock_ahead_seconds", "How far its clock was ahead.") {
        Double($0.clockAhead) / 1000
      },
      gauge("round_trip_seconds", "The last round trip.") {
        $0.roundTripUs.map { Double($0) / 1_000_000 }
      },
    ]
  }
}
