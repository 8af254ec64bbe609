import EventLog
import HTTPServer
import Ledger
import LiveSync
import Monitoring
import Networking
import Node
import Peers
import Primitives
import Production
import Runtime
import Snapshot
import Transport

extension NodeParts {
  /// What tells about the node.
  static func makeSource(
    _ parts: (
      node: FullNode, network: TransportNetwork, relay: TransactionRelay,
      snapshots: StoredSnapshots?
    ),
    _ identity: NodeIdentityStatus, _ runtime: EventLoopRuntime, _ watch: EventWatch
  ) -> NodeSource<StateQueue> {
    let (network, relay, snapshots) = (parts.network, parts.relay, parts.snapshots)
    return NodeSource(
      parts.node, identity: identity, runtime: runtime, watch: watch,
      transport: { TransportStatus(of: network, at: runtime.now) },
      snapshots: {
        snapshots.map { SnapshotsStatus(kept: $0.names.count, newest: $0.names.last?.height) }
      },
      submit: { transaction in await SubmissionOutcome(of: transaction, by: relay) })
  }

  /// The server that tells about the node; nil if the settings name none.
  func monitoring() -> MonitoringServer? {
    guard let address = settings.http else { return nil }
    return MonitoringServer(
      address: address.hostText, port: address.port, runtime: runtime, watch: watch,
      source: source)
  }
}

extension TransportStatus {
  /// What a network over links knows at `now`.
  init(of network: TransportNetwork, at now: Moment) {
    let totals = network.totals()
    let peers = network.connections().map { connection in
      TransportPeer(
        peer: connection.peer, address: "\(connection.address)",
        direction: connection.direction == .inbound ? .inbound : .outbound,
        bytesReceived: UInt64(connection.bytesIn), bytesSent: UInt64(connection.bytesOut),
        connected: connection.since.duration(to: now), roundTrip: connection.roundTrip)
    }
    self.init(
      peers: peers, bytesReceived: UInt64(totals.bytesIn), bytesSent: UInt64(totals.bytesOut),
      bannedPeers: totals.bannedPeers, refusedConnections: UInt64(totals.failedConnections),
      knownAddresses: totals.knownAddresses)
  }
}

extension SubmissionOutcome {
  /// What becomes of a transaction that is given to a relay.
  init(of transaction: Transaction, by relay: TransactionRelay) async {
    do throws(TransactionRefusal) {
      try await relay.submit(transaction)
      self = .accepted
    } catch {
      self =
        if error.isInvalid {
          .invalid(error.description)
        } else if error == .incompleteState {
          .unavailable(error.description)
        } else {
          .conflict(error.description)
        }
    }
  }
}
