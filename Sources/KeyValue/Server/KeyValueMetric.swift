/// A family of numbers for whoever watches the node; Docs/KeyValue.md lists them.
public struct KeyValueMetric: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// It only grows; its name ends with `_total`.
    case counter
    /// It goes up and down.
    case gauge
  }

  /// A number, and whose it is.
  public struct Sample: Sendable, Hashable {
    /// The replica, by its key; nil: the node's own.
    public let peer: String?
    public let value: Double
  }

  public let name: String
  public let kind: Kind
  public let help: String
  public let samples: [Sample]

  package init(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
    self.init(name, kind, help, [Sample(peer: nil, value: value)])
  }

  package init(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
    (self.name, self.kind, self.help, self.samples) = (name, kind, help, samples)
  }
}

extension KeyValueServer {
  /// What the node counts. On the loop's thread.
  public var metrics: [KeyValueMetric] {
    let statistics = core.statistics
    let counters: [(name: String, help: String, value: UInt64)] = [
      ("commands", "Requests that were executed or refused.", statistics.requests),
      ("errors", "Replies that were errors.", statistics.errors),
      ("hits", "Keys that were looked for and found.", statistics.hits),
      ("misses", "Keys that were looked for and not found.", statistics.misses),
      ("expired_keys", "Keys whose time was over.", statistics.expired),
      ("written_keys", "Keys written, each once a batch.", statistics.written),
      ("connections", "Connections that clients made.", statistics.connections),
      ("refused_connections", "Connections that were refused.", statistics.refusedConnections),
      ("received_bytes", "Bytes of requests.", statistics.receivedBytes),
      ("sent_bytes", "Bytes of replies.", statistics.sentBytes),
    ]
    let gauges: [(name: String, help: String, value: Int)] = [
      ("clients", "Clients that are connected.", statistics.clients),
      ("keys", "Keys that have a value.", core.liveCount),
      (
        "tombstones", "Deleted and expired keys that replicas may need.",
        core.recordCount - core.liveCount
      ),
      ("overhead_bytes", "Bytes of memory beside keys and values.", core.overheadBytes),
      ("held_batches", "Batches whose replies wait for the disk.", heldBatches),
      ("writes_refused", "1 while writes are refused.", core.writeRefusal == nil ? 0 : 1),
    ]
    return counters.map {
      KeyValueMetric("livesync_kv_\($0.name)_total", .counter, $0.help, Double($0.value))
    }
      + gauges.map { KeyValueMetric("livesync_kv_\($0.name)", .gauge, $0.help, Double($0.value)) }
      + (replication?.metrics ?? [])
  }
}
