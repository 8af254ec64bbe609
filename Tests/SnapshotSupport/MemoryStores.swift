import Locking
import Primitives
import Snapshot
import Storage

/// The stores of a restore in memory. What survives the end of a process is on disks; a process can
/// be made to end at each step.
public final class MemoryStores: RestoreStores {
  public struct State: Sendable {
    public var live = MemoryDisk(name: "live")
    public var staging: MemoryDisk?
    public var unproven: MemoryDisk?
    /// Faults of the next staging disk that is made.
    public var stagingFaults = StorageFaults.none
    /// Steps that were made: opening, removing, installing.
    public var steps = 0
    /// The step at which the process ends, before or after it.
    public var end: (step: Int, isAfter: Bool)?
    public var isDead = false
  }

  package let state = Lock(State())
  private let chain: Hash256

  public init(chain: Hash256) { self.chain = chain }

  /// A new process on the same disks.
  public func revive() {
    state.withLock { state in
      state.isDead = false
      state.end = nil
      state.stagingFaults = .none
      state.live.faults = .none
      state.staging?.faults = .none
      state.unproven?.faults = .none
    }
  }

  private func step<Output>(
    _ body: (inout State) throws(StorageError) -> Output
  ) throws(StorageError) -> Output {
    try state.withLock { (state) throws(StorageError) in
      guard !state.isDead else { throw .closed }
      state.steps += 1
      let isEnd = state.end?.step == state.steps
      if isEnd, state.end?.isAfter == false {
        state.isDead = true
        throw StorageError.closed
      }
      let output = try body(&state)
      if isEnd {
        state.isDead = true
        throw StorageError.closed
      }
      return output
    }
  }

  public func openLive() throws(StorageError) -> any KeyValueStore {
    let disk = try step { $0.live }
    return try MemoryStore(on: disk, owner: .chain(chain))
  }

  public func hasStaging() throws(StorageError) -> Bool { try step { $0.staging != nil } }

  public func openStaging() throws(StorageError) -> any KeyValueStore {
    let disk = try step { state in
      let disk = state.staging ?? MemoryDisk(name: "staging")
      if state.staging == nil { disk.faults = state.stagingFaults }
      state.staging = disk
      return disk
    }
    return try MemoryStore(on: disk, owner: .chain(chain))
  }

  public func removeStaging() throws(StorageError) { try step { $0.staging = nil } }

  public func openUnproven() throws(StorageError) -> any KeyValueStore {
    let disk = try step { state in
      let disk = MemoryDisk(name: "unproven")
      state.unproven = disk
      return disk
    }
    return try MemoryStore(on: disk, owner: StoreOwner(kind: "unproven", version: 1))
  }

  public func removeUnproven() throws(StorageError) { try step { $0.unproven = nil } }

  public func install() throws(StorageError) {
    try step { state throws(StorageError) in
      guard let staging = state.staging else { throw .closed }
      state.live = staging
      state.staging = nil
    }
  }
}
