import Node
import Runtime

/// The document of `/status`. Docs/Monitoring.md describes its fields; more may come, and none
/// changes its meaning.
extension NodeStatus {
  public var json: String {
    var writer = JSONWriter()
    writer.object { writer in
      writer.integer("schema", 1)
      write(identity: &writer)
      writer.number("uptime_seconds", uptime.seconds)
      writer.text("phase", phase.rawValue)
      write(readiness: &writer)
      writer.bool("consensus", isConsensusEstablished)
      writer.object("head") { writer in
        writer.integer("number", head.number)
        writer.text("hash", head.hash.hex)
      }
      writer.integer("final_number", finalNumber)
      writer.integer("network_head_number", networkHead)
      writer.integer("lag_blocks", lag)
      writer.object("state") { write(state: &$0) }
      write(forecast: &writer)
      write(snapshots: &writer)
      write(stalls: &writer)
      writer.text("store_failure", storeFailure)
      writer.integer("buffered_blocks", bufferedBlocks)
      writer.integer("requests_in_flight", requestsInFlight)
      writer.object("traffic") { write(traffic: &$0) }
      write(peers: &writer)
      write(rejections: &writer)
    }
    return writer.text
  }

  private func write(identity writer: inout JSONWriter) {
    writer.text("name", identity.name)
    writer.text("key", identity.key.description)
    writer.text("version", identity.version)
    writer.text("commit", identity.commit)
    writer.text("genesis", identity.genesis.hex)
    writer.bool("producer", identity.isProducer)
  }

  private func write(readiness writer: inout JSONWriter) {
    switch Readiness(self) {
    case .ready:
      writer.bool("ready", true)
      writer.text("unready_reason", nil)
    case .unready(let reason):
      writer.bool("ready", false)
      writer.text("unready_reason", reason)
    }
  }

  private func write(state writer: inout JSONWriter) {
    writer.bool("complete", state.isComplete)
    writer.integer("held_ppm", state.heldPpm)
    writer.integer("accounts", state.accounts)
    writer.integer("missing_ranges", state.missingRangeCount)
    writer.array("missing", state.missing) { writer, span in
      writer.object { write(span, &$0) }
    }
    writer.array("in_flight", state.inFlight) { write($1, &$0) }
    writer.array("origins", state.origins) { write($1, &$0) }
    writer.integer("buffered_chunks", state.bufferedChunks)
    writer.integer("verified_bytes", state.verifiedBytes)
    writer.integer("unused_bytes", state.unusedBytes)
    writer.integer("refused_bytes", state.refusedBytes)
  }

  private func write(_ span: KeySpaceSpan, _ writer: inout JSONWriter) {
    writer.number("start", span.start)
    writer.number("end", span.end)
  }

  private func write(_ span: PeerSpan, _ writer: inout JSONWriter) {
    writer.object { writer in
      write(span.span, &writer)
      writer.text("peer", "p\(span.peer)")
    }
  }

  private func write(forecast writer: inout JSONWriter) {
    writer.object("forecast") { writer in
      writer.text("verdict", forecast?.verdict.rawValue ?? "unknown")
      writer.text("text", forecast?.text)
      writer.number("eta_seconds", forecast?.eta?.seconds)
      writer.integer("progress_ppm", forecast?.progressPpm)
      writer.number("has_bytes_per_second", forecast?.hasBytesPerSecond)
      writer.number("needs_bytes_per_second", forecast?.needsBytesPerSecond)
      let expected = forecast?.expected
      writer.integer("snapshot_block", expected?.snapshot?.block)
      writer.text("snapshot_hash", expected?.snapshot?.hash.hex)
      writer.integer("piece_bytes", expected?.pieceBytes)
      writer.integer("chunk_bytes", expected?.chunkBytes)
    }
  }

  private func write(snapshots writer: inout JSONWriter) {
    writer.object("snapshots") { writer in
      writer.integer("kept", snapshots?.kept)
      writer.integer("newest_block", snapshots?.newest)
      writer.integer("taken", tally.snapshotsTaken)
      writer.integer("joined_block", tally.joining?.block)
      writer.text("joined_hash", tally.joining?.hash.hex)
      writer.integer("joined_pieces", tally.joining?.pieces)
      writer.integer("joined_proven", tally.joining?.proven)
    }
  }

  private func write(stalls writer: inout JSONWriter) {
    writer.text("blocker", blocker)
    let all = (tally.stall.map { [$0] } ?? []) + tally.recentStalls
    writer.array("stalls", all) { writer, stall in
      writer.object { writer in
        writer.text("cause", stall.cause)
        writer.text("detail", stall.detail)
        writer.bool("over", stall.resolved != nil)
        writer.number("age_seconds", stall.since.duration(to: at).seconds)
        writer.number(
          "duration_seconds", stall.since.duration(to: stall.resolved ?? at).seconds)
      }
    }
  }

  private func write(traffic writer: inout JSONWriter) {
    writer.integer("received_bytes", transport.bytesReceived)
    writer.integer("sent_bytes", transport.bytesSent)
    writer.number("received_bytes_per_second", receivedBytesPerSecond)
    writer.number("sent_bytes_per_second", sentBytesPerSecond)
  }

  private func write(peers writer: inout JSONWriter) {
    writer.integer("peers_connected", peerCount)
    writer.integer("peers_in_sync", peersInSync)
    writer.integer("peers_banned", transport.bannedPeers)
    writer.integer("addresses_known", transport.knownAddresses)
    writer.integer("connections_refused", transport.refusedConnections)
    writer.array("peers", peers) { writer, status in
      let peer = status.transport
      writer.object { writer in
        writer.text("id", peer.peer.description)
        writer.text("key", peer.peer.identity.description)
        writer.text("address", peer.address)
        writer.text("direction", peer.direction.rawValue)
        writer.bool("in_sync", status.isInSync)
        writer.integer("height", status.height)
        writer.integer("ranges_in_flight", status.rangesInFlight)
        writer.integer("received_bytes", peer.bytesReceived)
        writer.integer("sent_bytes", peer.bytesSent)
        writer.number("connected_seconds", peer.connected.seconds)
        writer.number("round_trip_seconds", peer.roundTrip?.seconds)
      }
    }
  }

  private func write(rejections writer: inout JSONWriter) {
    writer.array("rejected", tally.rejections) { writer, rejection in
      writer.object { writer in
        writer.text("kind", rejection.kind)
        writer.text("reason", rejection.reason)
        writer.integer("count", rejection.count)
      }
    }
    writer.array("rejected_recently", tally.recentRejections) { writer, rejection in
      writer.object { writer in
        writer.number("age_seconds", rejection.at.duration(to: at).seconds)
        writer.text("kind", rejection.kind)
        writer.text("reason", rejection.reason)
        writer.text("peer", rejection.peer.map { "p\($0)" })
        writer.integer("block", rejection.block)
      }
    }
  }
}

extension Duration {
  /// In seconds.
  var seconds: Double { Double(wholeNanoseconds) / 1e9 }
}
