import Primitives

extension StateTrie {
  /// Gives up all keys and all that is known of them, as if nothing had ever come in. What the
  /// store holds goes with the next commit.
  public func reset() {
    touch()
    arena = TrieArena()
    missing = .all
    uncharted = .all
    itemCount = 0
    guard let backing else { return }
    backing.forgetChanges()
    backing.goneSubtrees = [.empty]
    backing.longValueBytes = 0
  }
}
