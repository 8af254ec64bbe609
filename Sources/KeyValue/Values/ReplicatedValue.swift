import CRDT
import Primitives

/// What a key holds that was changed by `CRDT.` commands, or by SET where concurrent writes are
/// kept: a value that replicas change apart and merge.
///
/// It is a product of three joins, so it is one itself:
///
/// - `plain`, what SET, DEL and EXPIRE say of the key as a whole: the newest wins;
/// - `map`, a map of room `CRDT` whose fields have the empty name, one for each type. A write takes
///   the place of what its writer had seen, and a removal removes that;
/// - `horizon`: all events before it are known.
///
/// Its events have the hybrid times of their writes as counters. Replicas are sent nothing but
/// whole values, so who knows an event of a replica knows all that this one wrote to the key
/// before: the context is one counter for each replica.
package struct ReplicatedValue: Sendable, Equatable {
  /// What the key is as a whole.
  package enum Content: Sendable, Equatable {
    /// Nothing but what `map` holds.
    case nothing
    case bytes([UInt8])
    /// Its time is over: the events before that are not shown any more.
    case expired
  }

  package struct Plain: Sendable, Equatable {
    /// When it was written; `HybridTime.zero` if it never was.
    package var version = HybridTime.zero
    package var content = Content.nothing
    /// Milliseconds since 1970; 0: never.
    package var expiry: UInt64 = 0

    package init() {}

    package init(_ version: HybridTime, _ content: Content, expiry: UInt64) {
      self.version = version
      self.content = content
      self.expiry = expiry
    }

    /// Whether it takes the place of `other`: it is newer, or of one version expired. What one
    /// version should never have twice is told apart anyway, so that all agree.
    func isAfter(_ other: Plain) -> Bool {
      if version != other.version { return version > other.version }
      if content == other.content { return expiry > other.expiry }
      switch (content, other.content) {
      case (.expired, _): return true
      case (_, .expired): return false
      case (.bytes(let bytes), .bytes(let others)):
        return others.lexicographicallyPrecedes(bytes)
      case (.bytes, _): return true
      case (.nothing, _): return false
      }
    }
  }

  package var plain: Plain
  /// All events with ticks up to this are known; those of them that are not here are gone.
  package private(set) var horizon: UInt64
  package private(set) var map: ORMap

  /// What was never written by a `CRDT.` command.
  package init(_ plain: Plain) {
    self.plain = plain
    horizon = 0
    map = ORMap()
  }

  /// Parts as they were read; checks nothing.
  init(_ plain: Plain, horizon: UInt64, map: ORMap) {
    self.plain = plain
    self.horizon = horizon
    self.map = map
  }

  // MARK: What it shows

  /// Events before this are not shown; in ticks.
  private var shownFrom: UInt64 { plain.content == .expired ? Self.ticks(plain.expiry) : 0 }

  static func ticks(_ milliseconds: UInt64) -> UInt64 {
    milliseconds < 1 << 48 ? milliseconds << 16 : .max
  }

  /// The types and what they hold, but for what has expired.
  package var shown: FieldReader {
    var value = self
    value.removeExpired()
    return value.map.reader
  }

  /// Whether clients see a value.
  package var isLive: Bool {
    if case .bytes = plain.content { return true }
    let start = shownFrom
    var isShown = false
    map.reader.forEachDot { isShown = isShown || $0.counter >= start }
    return isShown
  }

  package var kind: ValueKind { isLive ? .replicated : .emptied }

  /// When clients do not see it any more, or when that was, in milliseconds since 1970; 0: never.
  package var expiry: UInt64 { isLive == (plain.content != .expired) ? plain.expiry : 0 }

  /// The strings that stand side by side, the newest first, each once.
  package var texts: [[UInt8]] {
    var texts: [(ticks: UInt64, replica: ReplicaID, bytes: [UInt8])] = []
    if case .bytes(let bytes) = plain.content {
      texts.append((plain.version.ticks, plain.version.replica, bytes))
    }
    if let register = shown[.register] {
      texts += register.writes.map { ($0.dot.counter, $0.dot.replica, $0.value) }
    }
    var seen = Set<[UInt8]>()
    return texts.sorted { ($0.ticks, $0.replica) > ($1.ticks, $1.replica) }.map(\.bytes)
      .filter { seen.insert($0).inserted }
  }

  // MARK: Changes

  /// Changes a field at a time that is later than all that is known.
  package mutating func apply(
    _ operation: ORMap.Operation, at time: HybridTime
  ) throws(CRDTError) {
    let dot = Dot(time.replica, time.ticks)
    _ = try map.apply(operation, at: Stamp(dot: dot, time: time))
    compact()
  }

  /// Makes it ready for a write of a client: what has expired is removed as seen, and a value that
  /// nobody sees loses its expiry, as a new key has none. One that ends later than `time`, by
  /// another clock, must not hide what is written now.
  package mutating func begin(at time: HybridTime) {
    removeExpired()
    guard !isLive else { return }
    let isOver = plain.content == .expired && Self.ticks(plain.expiry) <= time.ticks
    if plain.expiry != 0, !isOver { plain = Plain(time, .nothing, expiry: 0) }
  }

  /// Makes the key hold `content` and nothing that was seen here.
  package mutating func replace(_ content: Content, at time: HybridTime, expiry: UInt64) {
    removeAll()
    plain = Plain(time, content, expiry: expiry)
  }

  /// Gives it another expiry.
  package mutating func setExpiry(_ expiry: UInt64, at time: HybridTime) {
    removeExpired()
    plain.version = time
    plain.expiry = expiry
    if plain.content == .expired { plain.content = .nothing }
  }

  /// Its time is over. What was written after that stays, and all of it is shown again if the
  /// expiry turns out to have been changed in time elsewhere.
  package mutating func expire() { plain.content = .expired }

  /// Every replica has all that was written before `ticks`.
  package mutating func raiseHorizon(to ticks: UInt64) {
    guard ticks > horizon else { return }
    horizon = ticks
    compact()
  }

  private mutating func removeAll() { remove(map.context) }

  private mutating func removeExpired() {
    let start = shownFrom
    guard start > 0 else { return }
    var old = CausalContext()
    for replica in map.context.replicas {
      let last = min(map.context.last(of: replica), start - 1)
      if last > 0 { old.insert(DotRange(replica, 1...last)) }
    }
    remove(old)
  }

  private mutating func remove(_ context: CausalContext) {
    do throws(CRDTError) { try map.remove(context) } catch {
      preconditionFailure("a value became too large by a removal: \(error)")
    }
    compact()
  }

  /// Makes the context one range for each replica, and leaves out those that have no events here
  /// and none after the horizon.
  private mutating func compact() {
    var present = Set<ReplicaID>()
    map.reader.forEachDot { present.insert($0.replica) }
    var context = CausalContext()
    for replica in map.context.replicas {
      let last = map.context.last(of: replica)
      guard last > horizon || present.contains(replica) else { continue }
      context.insert(DotRange(replica, 1...max(last, horizon)))
    }
    map.state.context = context
  }

  // MARK: Merging

  /// Takes in what another replica holds under the same key: commutative, associative, idempotent.
  /// Throws without any effect what would be too large.
  package mutating func merge(_ other: ReplicatedValue) throws(CRDTError) {
    var (mine, theirs) = (map, other.map)
    mine.state.context.fill(to: horizon, for: other.map.context.replicas)
    theirs.state.context.fill(to: other.horizon, for: map.context.replicas)
    try mine.merge(theirs)
    map = mine
    horizon = max(horizon, other.horizon)
    if other.plain.isAfter(plain) { plain = other.plain }
    compact()
  }
}

extension CausalContext {
  /// Knows all events of these replicas up to `ticks`.
  fileprivate mutating func fill(to ticks: UInt64, for replicas: [ReplicaID]) {
    guard ticks > 0 else { return }
    for replica in replicas { insert(DotRange(replica, 1...ticks)) }
  }
}

extension FieldKey {
  /// The fields of a value, one for each type.
  package static let counter = FieldKey([], .counter)
  package static let set = FieldKey([], .addWinsSet)
  package static let map = FieldKey([], .map)
  package static let register = FieldKey([], .multiValue)
}
