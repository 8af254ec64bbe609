import EventLog
import Ledger
import Networking
import Peers
import Primitives
import Runtime

/// The requests of a state queue.
extension StateQueue {
  func execute(_ order: Order) async {
    switch order {
    case .request(let query):
      await request(query)
    case .ask(let order):
      await ask(order)
    case .retry(let pause):
      await client.pause(pause)
      if !Task.isCancelled { await step { $0.retryDue($1, chain: $2) } }
    case .expectBlock(let number, let hash, let peer):
      await expectBlock(number, hash, peer)
    }
  }

  private func request(_ query: ChunkQuery) async {
    while wrongStates.doubt(context.chain.headHash), !Task.isCancelled { await client.pause() }
    let answer = await client.ask(
      query.message, tries: RequestTries(first: nil),
      expecting: min(query.limit * LiveSyncLimits.itemBytesFirst, query.answerBytesMax),
      willAsk: { peer, _ in recordRequest(query, to: peer) },
      handling: RequestClient.Handling(
        judge: { response, peer -> RequestClient.Verdict<SourcedChunk> in
          SourcedChunk(response, to: query, from: peer).map { .use($0) }
            ?? .unfit(reason: "incomplete_state")
        }))
    switch answer {
    case .value(let chunk, _):
      note(chunk)
      core.configuration = window
      await step { $0.received(query.id, chunk, $1, chain: $2) }
    case .failed, .noPeers:
      await step { $0.failed(query.id, .unavailable, $1, chain: $2) }
    case .cancelled:
      break
    }
  }

  /// Asks one peer once; the core decides what follows.
  private func ask(_ order: ChunkOrder) async {
    let (query, peer) = (order.query, order.peer)
    recordRequest(query, to: peer)
    if let piece = query.piece { return await ask(piece, query, of: peer, order.timeout) }
    do throws(RequestError) {
      let response = try await context.network.chunk(
        query.message, of: peer,
        timeout: context.network.pace.atLeast(order.timeout))
      guard let chunk = SourcedChunk(response, to: query, from: peer) else {
        await step { $0.failed(query.id, .lacking, $1, chain: $2) }
        return
      }
      context.peers.heard(peer, for: .chunk)
      note(chunk)
      core.configuration = window
      await step { $0.received(query.id, chunk, $1, chain: $2) }
    } catch {
      await failed(query, at: peer, error)
    }
  }

  /// Asks one peer for a piece of the source's offer.
  private func ask(
    _ piece: OfferedPiece, _ query: ChunkQuery, of peer: PeerID, _ timeout: Duration
  ) async {
    guard let source, let offer = source.offer(window: window.windowAheadMax),
      offer.id == piece.offer
    else {
      // It has given way to another offer since.
      await step { $0.failed(query.id, .local, $1, chain: $2) }
      return
    }
    do throws(PieceFailure) {
      let fetched = try await source.fetch(
        piece, from: peer, timeout: context.network.pace.atLeast(timeout))
      context.peers.heard(peer, for: .chunk)
      let chunk = SourcedChunk(
        start: query.start, chunk: fetched.chunk, number: offer.number, hash: offer.hash,
        peer: peer, edges: .both, bytes: fetched.bytes, request: query.id)
      note(chunk)
      core.configuration = window
      await step { $0.received(query.id, chunk, $1, chain: $2) }
    } catch {
      switch error {
      case .request(let error): await failed(query, at: peer, error)
      // The source has taken the peer out of its offer.
      case .lacking: await step { $0.failed(query.id, .local, $1, chain: $2) }
      case .damaged(let reason):
        context.ban(peer, reason: reason)
        await step { $0.failed(query.id, .unavailable, $1, chain: $2) }
      }
    }
  }

  private func failed(_ query: ChunkQuery, at peer: PeerID, _ error: RequestError) async {
    guard error != .cancelled else { return }
    let failure = ChunkFailure(error)
    if failure == .late { context.peers.missed(peer, for: .chunk) }
    // An honest peer cannot know how large an answer may be for us.
    if error.isMisbehaviour, failure != .tooLarge { context.ban(peer, reason: error.reason) }
    await step { $0.failed(query.id, failure, $1, chain: $2) }
  }

  /// Writes down that a chunk came.
  private func note(_ chunk: SourcedChunk) {
    context.recorder.record(.chunk(chunk.event(Event.Chunk.received)))
    account.received(chunk)
    if UInt64(chunk.number) <= UInt64(context.chain.headNumber)
      + UInt64(window.windowAheadMax)
    {
      account.highestNumber = max(account.highestNumber, chunk.number)
    }
  }

  /// A chunk waits for a block that is not here: announcements are faster than this, so after a
  /// moment it is asked for, and if nobody has it, the chunk is of no use.
  private func expectBlock(_ number: UInt32, _ hash: Hash256, _ peer: PeerID) async {
    await client.pause(LiveSyncLimits.chunkBlockPatience)
    if Task.isCancelled || context.chain.isKnown(hash) { return }
    let outcome = await resolve(hash, number: number, firstPeer: peer)
    if outcome == .failed || outcome == .outdated {
      await step { $0.blockNeverCame(number: number, hash: hash, $1, chain: $2) }
    }
  }
}
