import Ledger
import Locking
import Storage

/// The four calls over a node's data directory: gives the snapshots that are kept there, and takes
/// one in beside the live store, which changes in one step at the end.
///
/// The live store is open as long as this is, so no node runs on it meanwhile.
public final class StoredApplication: SnapshotApplication {
  private let genesis: Genesis
  private let shelf: any SnapshotShelf
  private let state: Lock<State>

  /// `@unchecked Sendable`: behind the lock.
  private struct State: @unchecked Sendable {
    var live: LiveChain
    var restorer: SnapshotRestorer
    var core = RestoreCore()
  }

  /// Opens the data directory. If a restore came to its end but was not installed, it is now.
  /// - Throws: `storage`.
  public init(
    genesis: Genesis, stores: any RestoreStores, shelf: any SnapshotShelf
  ) throws(SnapshotFault) {
    self.genesis = genesis
    self.shelf = shelf
    var live = try LiveChain(stores, genesis)
    let restorer = SnapshotRestorer(stores, genesis)
    do throws(SnapshotFault) {
      try restorer.goOn(&live)
    } catch {
      live.close()
      throw error
    }
    state = Lock(State(live: live, restorer: restorer))
  }

  public func info() throws(SnapshotFault) -> ApplicationInfo {
    let view = try state.withLock { (state) throws(SnapshotFault) in try state.live.chain() }.view
    guard view.stateComplete else { return ApplicationInfo(height: 0, appHash: []) }
    return ApplicationInfo(
      height: UInt64(view.headNumber), appHash: view.head.header.stateRoot.bytes)
  }

  /// The chain that is live now.
  /// - Throws: `storage` if it could not be opened again.
  public func chain() throws(SnapshotFault) -> Blockchain {
    try state.withLock { (state) throws(SnapshotFault) in try state.live.chain() }
  }

  public func listSnapshots() throws(SnapshotFault) -> [OfferedSnapshot] {
    try shelf.offers(limit: SnapshotLimits.offersListedMax, of: try chain())
  }

  public func loadSnapshotChunk(
    height: UInt64, format: UInt32, chunk: UInt32
  ) throws(SnapshotFault) -> [UInt8] {
    try shelf.chunk(height: height, format: format, index: chunk)
  }

  public func offerSnapshot(_ snapshot: OfferedSnapshot, appHash: [UInt8]) -> OfferAnswer {
    state.withLock { state in
      let content: OfferedContent
      do throws(SnapshotFault) {
        content = try OfferedContent(snapshot, appHash: appHash, live: state.live.chain())
      } catch { return OfferAnswer(error.offerVerdict, error) }
      var answer: OfferAnswer?
      var events: [RestoreCore.Event] = [.offered(content.plan(for: snapshot))]
      while let event = events.popLast() {
        for action in state.core.handle(event) {
          switch action {
          case .begin: events.append(state.restorer.begin(content, snapshot))
          case .answerOffer(let given): answer = given
          case .check, .finish, .discard, .answerChunk: break
          }
        }
      }
      return answer ?? OfferAnswer(.abort, .nothingOffered)
    }
  }

  public func applySnapshotChunk(index: UInt32, chunk: [UInt8], sender: String) -> ChunkAnswer {
    state.withLock { state in
      var answer: ChunkAnswer?
      var events: [RestoreCore.Event] = [.chunk(index, sender: sender)]
      while let event = events.popLast() {
        for action in state.core.handle(event) {
          switch action {
          case .check(let index): events.append(state.restorer.take(chunk, at: Int(index)))
          case .finish: events.append(state.restorer.finish(&state.live))
          case .discard: state.restorer.discard()
          case .answerChunk(let given): answer = given
          case .begin, .answerOffer: break
          }
        }
      }
      return answer ?? ChunkAnswer(.abort, .nothingOffered)
    }
  }

  /// Lets go of the data directory; what was restored so far stays there.
  public func close() {
    state.withLock { state in
      state.restorer.close()
      state.live.close()
    }
  }
}

/// The chain that is not being restored, and its store.
struct LiveChain {
  private let stores: any RestoreStores
  private let genesis: Genesis
  private(set) var store: any KeyValueStore
  /// Nil while it is closed.
  private var opened: Blockchain?

  init(_ stores: any RestoreStores, _ genesis: Genesis) throws(SnapshotFault) {
    self.stores = stores
    self.genesis = genesis
    store = try StagedChain.disk { () throws(StorageError) in try stores.openLive() }
    try open()
  }

  private mutating func open() throws(SnapshotFault) {
    do throws(LedgerStoreError) {
      opened = try Blockchain(genesis: genesis, state: .missing, store: store)
    } catch {
      close()
      throw .storage(error)
    }
  }

  /// The chain.
  /// - Throws: `storage` if it could not be opened again after it was closed.
  func chain() throws(SnapshotFault) -> Blockchain {
    guard let opened else { throw .storage("the data directory could not be opened again") }
    return opened
  }

  mutating func close() {
    opened = nil
    // Everything is committed; who goes on will find out.
    try? store.close()
  }

  /// Closes the store, lets `body` put another one in its place, and opens what is there then.
  mutating func replace(
    _ body: () throws(StorageError) -> Void
  ) throws(SnapshotFault) {
    close()
    let result: Result<Void, StorageError>
    do throws(StorageError) { result = .success(try body()) } catch { result = .failure(error) }
    store = try StagedChain.disk { () throws(StorageError) in try stores.openLive() }
    try open()
    try StagedChain.disk { () throws(StorageError) in try result.get() }
  }
}
