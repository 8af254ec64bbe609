/// A key that a client watches.
struct Watch: Sendable {
  /// 64 bits of the key's hash; its secret key makes sure that nobody finds two keys with one.
  let hash: UInt64
  /// How often it had been changed when the client began to watch it.
  let changes: UInt64
  /// When its time is over, in milliseconds since 1970; 0: never, or there was no such key.
  let expiry: UInt64
}

/// How often the keys that clients watch were changed.
struct WatchedKeys {
  private struct Key {
    var changes: UInt64 = 0
    var watches = 0
  }

  private var keys: [UInt64: Key] = [:]
  private(set) var isEmpty = true

  /// Begins to count for one more watch; gives how often the key was changed so far.
  mutating func add(_ hash: UInt64) -> UInt64 {
    keys[hash, default: Key()].watches += 1
    isEmpty = false
    return changes(of: hash)
  }

  /// Ends a watch.
  mutating func remove(_ hash: UInt64) {
    guard let key = keys[hash] else { return }
    keys[hash] = key.watches > 1 ? Key(changes: key.changes, watches: key.watches - 1) : nil
    isEmpty = keys.isEmpty
  }

  func changes(of hash: UInt64) -> UInt64 { keys[hash]?.changes ?? 0 }

  /// A key with this hash was changed.
  mutating func change(_ hash: UInt64) { keys[hash]?.changes += 1 }

  /// The hashes of all of them.
  var hashes: [UInt64] { keys.keys.sorted() }
}
