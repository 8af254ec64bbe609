import Locking

/// What was computed of nodes below the kept levels: a bounded number, in two generations, the
/// older of which is dropped when the younger is full. Only what holds for the newest state of the
/// records is kept and handed out.
final class HotNodes: Sendable {
  /// What is known of one node.
  struct Known: Sendable {
    var children: [MerkleNode]?
    var content: MerkleContent?
  }

  private struct State {
    var young: [TreePath: Known] = [:]
    var old: [TreePath: Known] = [:]
    var revision: UInt64
  }

  private let state: Lock<State>
  private let nodesMax: Int

  /// Keeps at most `nodesMax` nodes, of the records' state `revision`.
  init(nodesMax: Int, revision: UInt64) {
    self.nodesMax = nodesMax
    state = Lock(State(revision: revision))
  }

  func known(_ path: TreePath, at revision: UInt64) -> Known? {
    state.withLock { state in
      guard state.revision == revision else { return nil }
      if let known = state.young[path] { return known }
      guard let known = state.old.removeValue(forKey: path) else { return nil }
      put(known, path, &state)
      return known
    }
  }

  func keep(_ path: TreePath, at revision: UInt64, _ change: (inout Known) -> Void) {
    var known = known(path, at: revision) ?? Known()
    change(&known)
    let changed = known
    state.withLock { state in
      if state.revision == revision { put(changed, path, &state) }
    }
  }

  /// Forgets what was above changed positions, which is not so in the state `revision`.
  func forget(above positions: [HashedPosition], revision: UInt64) {
    state.withLock { state in
      state.revision = revision
      guard !state.young.isEmpty || !state.old.isEmpty else { return }
      for position in positions {
        for depth in 0...HashedPosition.nibbleCount {
          let path = TreePath(depth: depth, above: position)
          state.young[path] = nil
          state.old[path] = nil
        }
      }
    }
  }

  /// Forgets everything.
  func forgetAll(revision: UInt64) {
    state.withLock { state in state = State(revision: revision) }
  }

  /// Number of nodes.
  var count: Int { state.withLock { $0.young.count + $0.old.count } }

  private func put(_ known: Known, _ path: TreePath, _ state: inout State) {
    if state.young.count >= max(1, nodesMax / 2), state.young[path] == nil {
      state.old = state.young
      state.young = [:]
    }
    state.young[path] = known
  }
}
