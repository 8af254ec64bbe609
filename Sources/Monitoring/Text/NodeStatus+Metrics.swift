import HTTPServer
import Node

/// The document of `/metrics`. The names are listed in Docs/Monitoring.md.
extension NodeStatus {
  /// - Parameter http: counts of the server that answers; nil leaves them out.
  public func metrics(http: HTTPServer.Counts? = nil) -> String {
    var writer = MetricsWriter()
    writeNode(&writer)
    writeState(&writer)
    writeForecast(&writer)
    writeSnapshots(&writer)
    writeTraffic(&writer)
    writePeers(&writer)
    writeEvents(&writer)
    if let http { write(http, &writer) }
    return writer.text
  }

  private func writeNode(_ writer: inout MetricsWriter) {
    writer.family(
      "livesync_build_info", .gauge, "Version, commit, name and network of the node; always 1.",
      [
        (
          [
            ("version", identity.version), ("commit", identity.commit), ("name", identity.name),
            ("genesis", identity.genesis.hex),
          ], 1
        )
      ])
    writer.value("livesync_uptime_seconds", .gauge, "Time since the start.", uptime.seconds)
    writer.family(
      "livesync_phase", .gauge, "1 for what the node is busy with, 0 for everything else.",
      NodePhase.allCases.map { ([("phase", $0.rawValue)], $0 == phase ? 1 : 0) })
    writer.value(
      "livesync_ready", .gauge, "1 if the state is complete and the node at the network's head.",
      Readiness(self) == .ready ? 1 : 0)
    writer.value(
      "livesync_consensus", .gauge, "1 while consensus is established.",
      isConsensusEstablished ? 1 : 0)
    writer.value(
      "livesync_store_failed", .gauge, "1 if the store failed and nothing is taken in any more.",
      storeFailure == nil ? 0 : 1)
    writer.value(
      "livesync_head_block", .gauge, "Height of the newest block.", Double(head.number))
    writer.value(
      "livesync_final_block", .gauge, "Height up to which nothing is reverted.",
      Double(finalNumber))
    writer.value(
      "livesync_network_head_block", .gauge,
      "Height that at least half of the peers that named one have reached.",
      networkHead.map(Double.init))
    writer.value(
      "livesync_lag_blocks", .gauge, "Blocks that the network is ahead.", Double(lag))
    writer.value(
      "livesync_buffered_blocks", .gauge, "Blocks that wait for their ancestors.",
      Double(bufferedBlocks))
    writer.value(
      "livesync_reverted_blocks_total", .counter, "Blocks that a better branch replaced.",
      Double(tally.blocksReverted))
  }

  private func writeState(_ writer: inout MetricsWriter) {
    writer.value(
      "livesync_state_complete", .gauge, "1 if nothing of the state is missing.",
      state.isComplete ? 1 : 0)
    writer.value(
      "livesync_state_held_ratio", .gauge, "Share of the key space that is held, from 0 to 1.",
      Double(state.heldPpm) / 1e6)
    writer.value(
      "livesync_state_missing_ranges", .gauge, "Ranges of the state that are not held.",
      Double(state.missingRangeCount))
    writer.value(
      "livesync_state_accounts", .gauge, "Accounts that are held.", Double(state.accounts))
    writer.value(
      "livesync_state_ranges_in_flight", .gauge, "Ranges of the state that are asked for.",
      Double(state.inFlight.count))
    writer.value(
      "livesync_buffered_chunks", .gauge, "Chunks that wait for their blocks.",
      Double(state.bufferedChunks))
    writer.family(
      "livesync_chunk_bytes_total", .counter, "Bytes of chunks that came, by what became of them.",
      [
        ([("outcome", "verified")], Double(state.verifiedBytes)),
        ([("outcome", "unused")], Double(state.unusedBytes)),
        ([("outcome", "refused")], Double(state.refusedBytes)),
      ])
    writer.value(
      "livesync_chunk_items_total", .counter, "Accounts in chunks that were taken in.",
      Double(tally.chunkItems))
  }

  private func writeForecast(_ writer: inout MetricsWriter) {
    writer.value(
      "livesync_sync_progress_ratio", .gauge, "Share of the whole sync that is done, 0 to 1.",
      forecast.map { Double($0.progressPpm) / 1e6 })
    writer.value(
      "livesync_sync_eta_seconds", .gauge,
      "Estimated time until the sync ends; not there while that cannot be told.",
      forecast?.eta?.seconds)
    writer.value(
      "livesync_sync_has_bytes_per_second", .gauge,
      "Useful bytes of chunks and diffs a second, measured.", forecast?.hasBytesPerSecond)
    writer.value(
      "livesync_sync_needs_bytes_per_second", .gauge,
      "Bytes a second that the changes of the chain alone take.", forecast?.needsBytesPerSecond)
    writer.value(
      "livesync_stalled", .gauge, "1 while nothing moves although there is work.",
      tally.stall == nil ? 0 : 1)
    writer.family(
      "livesync_stalls_total", .counter, "Stalls, by their judged cause.",
      tally.stalls.map { ([("cause", $0.name)], Double($0.count)) })
  }

  private func writeTraffic(_ writer: inout MetricsWriter) {
    writer.family(
      "livesync_transport_bytes_total", .counter, "Bytes on the wire with all peers.",
      [
        ([("direction", "received")], Double(transport.bytesReceived)),
        ([("direction", "sent")], Double(transport.bytesSent)),
      ])
    writer.value(
      "livesync_requests_in_flight", .gauge, "Requests for chunks on their way.",
      Double(requestsInFlight))
    func requests(_ value: (RequestCount) -> Double) -> [(MetricsWriter.Labels, Double)] {
      tally.requests.map { ([("type", $0.type), ("outcome", $0.outcome)], value($0)) }
    }
    writer.family(
      "livesync_requests_total", .counter, "Requests to peers, by type and outcome.",
      requests { Double($0.count) })
    writer.family(
      "livesync_request_seconds_total", .counter, "Time from request to end, summed.",
      requests(\.seconds))
    writer.family(
      "livesync_request_answer_bytes_total", .counter, "Bytes of answers to requests.",
      requests { Double($0.bytes) })
    writer.family(
      "livesync_served_requests_total", .counter, "Requests of peers that were answered.",
      tally.served.map { ([("type", $0.name)], Double($0.count)) })
  }

  private func writeSnapshots(_ writer: inout MetricsWriter) {
    writer.value(
      "livesync_snapshots_kept", .gauge, "Snapshots that are kept for others.",
      (snapshots?.kept).map(Double.init))
    writer.value(
      "livesync_snapshot_newest_block", .gauge, "Height of the newest snapshot that is kept.",
      (snapshots?.newest).map(Double.init))
    writer.value(
      "livesync_snapshots_taken_total", .counter, "Snapshots that were taken.",
      Double(tally.snapshotsTaken))
    writer.value(
      "livesync_joined_snapshot_block", .gauge,
      "Height of the snapshot that the node joined from since its start.",
      (tally.joining?.block).map(Double.init))
    writer.value(
      "livesync_joined_snapshot_pieces", .gauge, "Pieces of the snapshot that was joined from.",
      (tally.joining?.pieces).map(Double.init))
    writer.value(
      "livesync_joined_snapshot_chunks_total", .counter,
      "Proven chunks of the block of the snapshot that was joined from.",
      (tally.joining?.proven).map(Double.init))
  }

  private func writePeers(_ writer: inout MetricsWriter) {
    writer.family(
      "livesync_peers", .gauge, "Connected peers that are listed, by who dialled.",
      PeerDirection.allCases.map { direction in
        let count = peers.count { $0.transport.direction == direction }
        return ([("direction", direction.rawValue)], Double(count))
      })
    writer.value(
      "livesync_peers_in_sync", .gauge, "Peers that are asked in live sync.", Double(peersInSync))
    writer.value(
      "livesync_peers_banned", .gauge, "Peers that are banned at present.",
      Double(transport.bannedPeers))
    writer.value(
      "livesync_addresses_known", .gauge, "Addresses of other nodes that are known.",
      Double(transport.knownAddresses))
    writer.value(
      "livesync_connections_refused_total", .counter,
      "Connections of peers that were not taken or failed in the handshake.",
      Double(transport.refusedConnections))
  }

  private func writeEvents(_ writer: inout MetricsWriter) {
    writer.family(
      "livesync_rejected_messages_total", .counter, "Messages that were refused, by reason.",
      tally.rejections.map {
        ([("kind", $0.kind), ("reason", $0.reason)], Double($0.count))
      })
    writer.family(
      "livesync_events_total", .counter, "Events of the log, by name.",
      tally.events.map { ([("event", $0.name)], Double($0.count)) })
  }

  private func write(_ http: HTTPServer.Counts, _ writer: inout MetricsWriter) {
    writer.value(
      "livesync_http_connections", .gauge, "Open connections of this HTTP server.",
      Double(http.connections))
    writer.family(
      "livesync_http_requests_total", .counter, "Requests to this HTTP server.",
      [
        ([("outcome", "handled")], Double(http.requests)),
        ([("outcome", "refused")], Double(http.refusedRequests)),
      ])
    writer.family(
      "livesync_http_connections_closed_total", .counter,
      "Connections that were ended by the server before their time.",
      [
        ([("reason", "too_many")], Double(http.refusedConnections)),
        ([("reason", "overdue")], Double(http.overdueConnections)),
      ])
  }
}
