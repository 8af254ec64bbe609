import Compression
import EventLog
import Ledger
import LiveSync
import Locking
import Networking
import Node
import Peers
import Primitives
import Runtime
import StateTrie

/// Joins from snapshots of others: finds them, chooses one, and gives its pieces to the planner. A
/// shell over `JoinCore`.
///
/// The node stops at the snapshot's block on its way along the verified macro chain, and follows
/// the chain from there. Pieces are asked for side by side with chunks, checked like them, and
/// brought forward by the same diffs; a kill, a liar or a host that leaves costs what was on its
/// way.
public final class SnapshotJoin: StateSource {
  let context: SyncContext
  let settings: SnapshotSettings
  let clock: WallClock
  let core: Lock<JoinCore>
  /// Held by whoever chooses.
  let isChoosing = Lock(false)
  /// Opened when the state is complete.
  private let isOver = Gate()

  public init(context: SyncContext, settings: SnapshotSettings, clock: WallClock = .system) {
    self.context = context.actor("snapshot_join")
    self.settings = settings
    self.clock = clock
    core = Lock(
      JoinCore(
        discoveryTime: settings.discoveryTime, piecesAtOnceMax: settings.chunkFetchers ?? .max))
  }

  // MARK: Discovery

  /// Works until the state is complete, or the task is cancelled.
  public func run() async {
    if context.chain.stateComplete { isOver.open() }
    await withDiscardingTaskGroup { group in
      group.addTask { await self.listAgain() }
      group.addTask { await self.listPeers() }
      group.addTask { await self.followChain() }
      try? await isOver.wait()
      group.cancelAll()
    }
    if isOver.isOpen { core.withLock { $0.completed() } }
  }

  /// Asks each peer that is there or comes, until the task is cancelled.
  private func listPeers() async {
    await withDiscardingTaskGroup { group in
      let events = context.network.peerEvents()
      for peer in context.network.connectedPeers() { group.addTask { await self.list(peer) } }
      for await event in events {
        switch event {
        case .joined(let peer): group.addTask { await self.list(peer) }
        case .left(let peer): core.withLock { $0.left(peer) }
        }
      }
    }
  }

  private func followChain() async {
    while !Task.isCancelled {
      for await event in context.chain.events() {
        if case .historyAdopted(let blocks) = event, let last = blocks.last {
          core.withLock { $0.jumped(to: last.number) }
        }
      }
    }
  }

  /// Asks again as long as something is missing: snapshots come and go.
  private func listAgain() async {
    while !Task.isCancelled {
      try? await context.runtime.sleep(for: SnapshotLimits.relistInterval)
      if Task.isCancelled { return }
      await withDiscardingTaskGroup { group in
        for peer in context.network.connectedPeers() {
          group.addTask { await self.list(peer) }
        }
      }
      await goOn()
    }
  }

  private func list(_ peer: PeerID) async {
    let now = context.runtime.now
    guard core.withLock({ $0.willAsk(peer, at: now) }) else { return }
    let answer = await ask(RequestSnapshots(), peer)
    let snapshots = answer?.snapshots ?? []
    core.withLock { $0.listed(peer, snapshots) }
    for summary in snapshots.prefix(SnapshotLimits.listedMax) {
      context.recorder.record(
        .joining(
          .offered(
            peer: peer.number, block: summary.height, format: Int(summary.format),
            hash: summary.hash, bytes: Int(clamping: summary.storedBytes))))
    }
    if !snapshots.isEmpty { await goOn() }
  }

  /// Takes up a snapshot of a block that our chain has, unless somebody is choosing.
  private func goOn() async {
    guard begin() else { return }
    await resumed()
    isChoosing.withLock { $0 = false }
  }

  /// What the peer answers; nil if it does not.
  func ask<R: Request>(_ request: R, _ peer: PeerID) async -> R.Response? {
    do throws(RequestError) {
      return try await context.network.ask(request, to: peer).response
    } catch {
      if error.isMisbehaviour { context.ban(peer, reason: error.reason) }
      return nil
    }
  }
}

// MARK: What the planner takes

extension SnapshotJoin {
  public func completed() { isOver.open() }

  public func offer(window: UInt32) -> RangeOffer? {
    let own = context.chain.view
    return core.withLock { core in
      core.has(own.macroHead.hash)
      return core.offer(head: own.headNumber, window: window)
    }
  }

  public func fetch(
    _ piece: OfferedPiece, from peer: PeerID, timeout: Duration
  ) async throws(PieceFailure) -> FetchedPiece {
    let head = context.chain.headNumber
    let (held, choice) = core.withLock { ($0.offer(head: head), $0.choice) }
    guard let offer = held, offer.id == piece.offer, let choice else { throw .lacking }
    let request = RequestSnapshotPiece(hash: choice.manifest, index: UInt32(piece.index))
    let response: SnapshotPieceResponse
    do throws(RequestError) {
      response = try await context.network.request(
        request, to: peer, timeout: min(timeout, settings.chunkRequestTimeout ?? timeout))
    } catch { throw .request(error) }
    guard case .bytes(let stored) = response else {
      if core.withLock({ $0.lost(choice.manifest, by: peer) }) {
        context.recorder.record(
          .joining(.lost(peer: peer.number, block: choice.block, hash: choice.manifest)))
      }
      throw .lacking
    }
    let chunk: TrieChunk
    do { chunk = try StoredPiece.chunk(of: stored, rawBytes: offer.bytes[piece.index]) } catch {
      throw .damaged(reason: error.reason)
    }
    guard chunk.end == offer.range(of: piece.index).end else {
      throw .damaged(reason: "piece_of_another_range")
    }
    return FetchedPiece(chunk: chunk, bytes: stored.count)
  }
}
