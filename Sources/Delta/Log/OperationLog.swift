import CRDT

/// The operations of all replicas that one replica has, as far back as somebody may still lack
/// them. Of each replica the numbers follow each other without a gap; all together are in an order
/// in which causes come before their effects. A value.
///
/// Each change can be made at once, or be planned (`LogChanges`), stored in one transaction with
/// the state that it belongs to, and then made.
public struct OperationLog: Sendable {
  /// The replica whose log it is.
  public private(set) var author: ReplicaID
  public let bounds: LogBounds
  /// What it has, or had and has let go.
  public private(set) var version = VersionVector()
  private(set) var strands: [ReplicaID: LogStrand] = [:]
  /// What peers are known to have.
  private(set) var acknowledged: [ReplicaID: VersionVector] = [:]
  /// Replicas whose last operation came since the own last one, and that no other one which came
  /// since stands on.
  private(set) var fresh: Set<ReplicaID> = []
  /// What it holds.
  public private(set) var extent = LogExtent()
  private(set) var nextSequence: UInt64 = 0
  /// Counts changes, so that plans for another state are noticed.
  private(set) var revision: UInt64 = 0

  public init(author: ReplicaID, bounds: LogBounds = LogBounds()) {
    self.author = author
    self.bounds = bounds
  }

  /// Up to where it has let go of each replica's operations: it holds those after these.
  public var reach: VersionVector {
    var reach = VersionVector()
    for (replica, strand) in strands { reach.raise(replica, to: strand.reach) }
    return reach
  }

  /// The peers whose acknowledgements it waits for, in their order.
  public var peers: [ReplicaID] { acknowledged.keys.sorted() }

  /// What a peer is known to have; nil if the log does not wait for it.
  public func acknowledged(by peer: ReplicaID) -> VersionVector? { acknowledged[peer] }

  /// What all peers are known to have; nil without peers.
  public var stable: VersionVector? {
    guard !acknowledged.isEmpty else { return nil }
    var stable = VersionVector()
    for (replica, strand) in strands {
      stable.raise(replica, to: acknowledged.values.reduce(strand.last) { min($0, $1[replica]) })
    }
    return stable
  }

  /// The operation of a dot, if it is held.
  public func operation(_ dot: Dot) -> LoggedOperation? {
    strands[dot.replica]?.operation(dot.counter)
  }

  // MARK: Changes at once

  /// Adds an operation of the author and gives its dot.
  @discardableResult
  public mutating func append(
    kind: UInt8, _ bytes: [UInt8], causes: OperationCauses = .everything
  ) throws(DeltaError) -> Dot {
    var changes = LogChanges()
    let dot = try append(kind: kind, bytes, causes: causes, to: &changes)
    finish(&changes)
    return dot
  }

  /// Adds what is news of a delta's operations, which must fit; gives what was added.
  @discardableResult
  public mutating func take(
    _ operations: [LoggedOperation]
  ) throws(DeltaError) -> [LoggedOperation] {
    var changes = LogChanges()
    try take(operations, to: &changes)
    let news = changes.appended
    finish(&changes)
    return news
  }

  /// Notes what `peer` has, and lets go what all peers have.
  public mutating func acknowledge(
    _ version: VersionVector, by peer: ReplicaID
  ) throws(DeltaError) {
    var changes = LogChanges()
    try acknowledge(version, by: peer, to: &changes)
    finish(&changes)
  }

  /// Waits for a peer no longer.
  public mutating func forget(_ peer: ReplicaID) {
    var changes = LogChanges()
    forget(peer, to: &changes)
    finish(&changes)
  }

  /// Notes that all up to `version` is here by another way than this log, such as a comparison of
  /// records.
  public mutating func adopt(_ version: VersionVector) throws(DeltaError) {
    var changes = LogChanges()
    try adopt(version, to: &changes)
    finish(&changes)
  }

  /// Goes on as another replica, whose first operation is news to all.
  public mutating func renew(author: ReplicaID) {
    self.author = author
    fresh = Set(strands.keys.filter { $0 != author })
    revision += 1
  }

  private mutating func finish(_ changes: inout LogChanges) {
    settle(&changes)
    commit(changes)
  }

  // MARK: Planned changes

  /// Makes changes that were planned for this state of the log.
  public mutating func commit(_ changes: LogChanges) {
    guard !changes.isEmpty else { return }
    precondition(
      changes.revision == revision, "changes planned for another state of the log are made")
    revision += 1
    for (replica, counter) in changes.adopted { clear(replica, reach: counter) }
    for operation in changes.appended { add(operation, sequence: nextSequence) }
    for (peer, version) in changes.peers { acknowledged[peer] = version }
    for (replica, counter) in changes.trimmed { trim(replica, through: counter) }
    if let fresh = changes.fresh { self.fresh = fresh }
  }

  mutating func add(_ operation: LoggedOperation, sequence: UInt64) {
    let dot = operation.dot
    strands[dot.replica, default: LogStrand(reach: dot.counter - 1)]
      .append(operation, sequence: sequence)
    extent = extent + LogExtent(operations: 1, bytes: operation.size)
    version.raise(dot.replica, to: dot.counter)
    nextSequence = max(nextSequence, sequence + 1)
  }

  /// Holds nothing of a replica up to `counter`, which is known.
  mutating func clear(_ replica: ReplicaID, reach counter: UInt64) {
    if let old = strands[replica] { extent = extent - old.extent }
    strands[replica] = LogStrand(reach: counter)
    version.raise(replica, to: counter)
  }

  private mutating func trim(_ replica: ReplicaID, through counter: UInt64) {
    guard var strand = strands.removeValue(forKey: replica) else { return }
    extent = extent - strand.extent
    strand.trim(through: counter)
    extent = extent + strand.extent
    strands[replica] = strand
  }

  /// What is known of a peer, as it is stored.
  mutating func setAcknowledged(_ version: VersionVector, by peer: ReplicaID) {
    acknowledged[peer] = version
  }

  /// Finds what is news since the author's last operation, when the log was read from a store. If
  /// that one was let go, what it knew is not known, and more is taken for news.
  mutating func findFresh() {
    let own = strands[author].flatMap { $0.count > 0 ? $0.entry(at: $0.count - 1).sequence : nil }
    fresh = []
    var named: Set<ReplicaID> = []
    for (replica, strand) in strands where replica != author {
      let place = own.map { strand.count(before: $0, upTo: strand.count) } ?? 0
      if own == nil || place < strand.count || strand.count == 0 { fresh.insert(replica) }
      for place in place..<strand.count {
        for cause in strand.entry(at: place).operation.causes
        where cause.counter == version[cause.replica] {
          named.insert(cause.replica)
        }
      }
    }
    fresh.subtract(named)
  }
}
