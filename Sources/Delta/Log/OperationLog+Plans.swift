import CRDT

/// What is to be changed, looked at before anything is: what throws has planned nothing.
extension OperationLog {
  /// Plans an operation of the author and gives its dot.
  @discardableResult
  public func append(
    kind: UInt8, _ bytes: [UInt8], causes: OperationCauses = .everything,
    to changes: inout LogChanges
  ) throws(DeltaError) -> Dot {
    begin(&changes)
    let last = self.last(of: author, after: changes)
    guard last < .max - 1 else { throw .counterExhausted(author) }
    guard bytes.count <= DeltaLimits.operationBytesMax else {
      throw .tooLarge("bytes of an operation", limit: DeltaLimits.operationBytesMax)
    }
    let dot = Dot(author, last + 1)
    let operation = LoggedOperation(
      dot: dot, kind: kind, causes: try dots(causes, of: dot, after: changes), bytes: bytes)
    try checkReplicas(of: [dot], after: changes)
    add(operation, to: &changes)
    return dot
  }

  private func dots(
    _ causes: OperationCauses, of dot: Dot, after changes: LogChanges
  ) throws(DeltaError) -> [Dot] {
    switch causes {
    case .ownOnly: return []
    case .everything:
      return (changes.fresh ?? fresh).sorted().map { Dot($0, last(of: $0, after: changes)) }
    case .these(let dots):
      guard dots.count <= DeltaLimits.causesMax else {
        throw .tooLarge("causes of an operation", limit: DeltaLimits.causesMax)
      }
      var latest = VersionVector()
      for cause in dots where cause.replica != author {
        guard cause.counter <= last(of: cause.replica, after: changes) else {
          throw .unknownBase(cause, of: dot)
        }
        latest.raise(cause.replica, to: cause.counter)
      }
      return latest.replicas.map { Dot($0, latest[$0]) }
    }
  }

  /// Plans what is news of a delta's operations, all or none.
  public func take(
    _ operations: [LoggedOperation], to changes: inout LogChanges
  ) throws(DeltaError) {
    begin(&changes)
    let news = try news(of: operations, after: changes)
    for operation in news { add(operation, to: &changes) }
  }

  /// What of a delta's operations is news; throws if they do not fit.
  /// - Parameter changes: that are planned and count as made.
  public func news(
    of operations: [LoggedOperation], after changes: LogChanges = LogChanges()
  ) throws(DeltaError) -> [LoggedOperation] {
    var news: [LoggedOperation] = []
    var lasts = changes.lasts
    func known(_ replica: ReplicaID) -> UInt64 { lasts[replica] ?? version[replica] }
    for operation in operations {
      let dot = operation.dot
      let last = known(dot.replica)
      guard dot.counter > last else {
        if let held = self.operation(dot), held != operation { throw .reusedDot(dot) }
        continue
      }
      guard dot.counter - last <= DeltaLimits.aheadMax else {
        throw .tooFarAhead(dot, known: last)
      }
      guard dot.counter == last + 1 else {
        throw .gap(dot.replica, expected: last + 1, found: dot.counter)
      }
      guard dot.counter < .max else { throw .counterExhausted(dot.replica) }
      for cause in operation.causes where cause.counter > known(cause.replica) {
        throw .unknownBase(cause, of: dot)
      }
      lasts[dot.replica] = dot.counter
      news.append(operation)
    }
    try checkReplicas(of: news.map(\.dot), after: changes)
    return news
  }

  /// Plans to note what `peer` has, and to wait for it from now on. What was known of it stays.
  /// Of what it says it has only what is here counts: plan to take its operations first.
  public func acknowledge(
    _ version: VersionVector, by peer: ReplicaID, to changes: inout LogChanges
  ) throws(DeltaError) {
    begin(&changes)
    let version = shared(version, after: changes)
    let known = changes.peers[peer] ?? acknowledged[peer]
    if known == nil {
      let count = changes.peers.reduce(acknowledged.count) { count, change in
        count + (change.value == nil ? 0 : 1) - (acknowledged[change.key] == nil ? 0 : 1)
      }
      guard count < DeltaLimits.peersMax else {
        throw .tooLarge("peers", limit: DeltaLimits.peersMax)
      }
    }
    guard known.map({ !$0.covers(version) }) ?? true else { return }
    var all = known ?? VersionVector()
    all.merge(version)
    changes.peers[peer] = .some(all)
  }

  /// What of a peer's version is here, too. A peer may name as many replicas as it likes, so no
  /// more than this is kept of any.
  func shared(
    _ version: VersionVector, after changes: LogChanges = LogChanges()
  ) -> VersionVector {
    var shared = VersionVector()
    for replica in version.replicas {
      shared.raise(replica, to: min(version[replica], last(of: replica, after: changes)))
    }
    return shared
  }

  /// The same of single operations, in whatever order they were acknowledged: only what there is no
  /// gap before counts.
  public func acknowledge(
    _ known: CausalContext, by peer: ReplicaID, to changes: inout LogChanges
  ) throws(DeltaError) {
    try acknowledge(known.contiguous, by: peer, to: &changes)
  }

  /// Plans to wait for a peer no longer.
  public func forget(_ peer: ReplicaID, to changes: inout LogChanges) {
    begin(&changes)
    guard acknowledged[peer] != nil || changes.peers[peer] != nil else { return }
    changes.peers[peer] = .some(nil)
  }

  /// Plans to note that all up to `version` is here by another way than this log.
  public func adopt(
    _ version: VersionVector, to changes: inout LogChanges
  ) throws(DeltaError) {
    begin(&changes)
    let news = version.replicas.filter { version[$0] > last(of: $0, after: changes) }
    try checkReplicas(of: news.map { Dot($0, version[$0]) }, after: changes)
    guard news.allSatisfy({ version[$0] < .max }) else {
      throw .counterExhausted(news.first { version[$0] == .max } ?? author)
    }
    let replaced = Set(news)
    changes.appended.removeAll { replaced.contains($0.dot.replica) }
    for replica in news {
      changes.adopted[replica] = version[replica]
      changes.lasts[replica] = version[replica]
      noteFresh(replica, in: &changes)
    }
  }

  /// Plans to let go what all peers have, and the oldest above the bounds: the last step of a plan.
  public func settle(_ changes: inout LogChanges) {
    begin(&changes)
    if !changes.peers.isEmpty { trimStable(&changes) }
    trimOldest(&changes)
  }

  // MARK: Steps

  private func begin(_ changes: inout LogChanges) {
    if changes.revision == nil { changes.revision = revision }
    precondition(changes.revision == revision, "one plan is for two states of the log")
  }

  /// The last operation of a replica when these changes are made.
  func last(of replica: ReplicaID, after changes: LogChanges) -> UInt64 {
    changes.lasts[replica] ?? version[replica]
  }

  private func add(_ operation: LoggedOperation, to changes: inout LogChanges) {
    let replica = operation.dot.replica
    changes.appended.append(operation)
    changes.lasts[replica] = operation.dot.counter
    noteFresh(replica, in: &changes)
    // What it stands on is known to whoever knows it.
    for cause in operation.causes where cause.counter == last(of: cause.replica, after: changes) {
      changes.fresh?.remove(cause.replica)
    }
  }

  /// Changes the set of a plan in place: it is copied once for all operations of the plan.
  private func noteFresh(_ replica: ReplicaID, in changes: inout LogChanges) {
    if replica == author {
      changes.fresh = []
    } else {
      if changes.fresh == nil { changes.fresh = fresh }
      changes.fresh?.insert(replica)
    }
  }

  private func checkReplicas(of dots: [Dot], after changes: LogChanges) throws(DeltaError) {
    var fresh: Set<ReplicaID> = []
    for dot in dots where last(of: dot.replica, after: changes) == 0 { fresh.insert(dot.replica) }
    guard !fresh.isEmpty else { return }
    let known = strands.count + changes.lasts.keys.reduce(0) { $0 + (strands[$1] == nil ? 1 : 0) }
    guard known + fresh.count <= CRDTLimits.replicasMax else {
      throw .tooLarge("replicas", limit: CRDTLimits.replicasMax)
    }
  }

  private func trimStable(_ changes: inout LogChanges) {
    var all = acknowledged
    for (peer, version) in changes.peers { all[peer] = version }
    guard !all.isEmpty else { return }
    for (replica, strand) in strands where changes.adopted[replica] == nil {
      let stable = all.values.reduce(strand.last) { min($0, $1[replica]) }
      if stable > strand.reach { changes.trimmed[replica] = stable }
    }
  }

  private func trimOldest(_ changes: inout LogChanges) {
    let added = changes.appended.reduce(into: LogExtent()) { sum, operation in
      sum = sum + LogExtent(operations: 1, bytes: operation.size)
    }
    // Most plans end here.
    guard !bounds.hold(extent + added) else { return }
    let windows = windows { replica, strand in
      changes.adopted[replica] == nil
        ? max(strand.reach, changes.trimmed[replica] ?? 0)..<strand.last : nil
    }
    let held = windows.reduce(LogExtent()) { $0 + $1.extent }
    guard !bounds.hold(held + added) else { return }
    let goal = bounds.afterTrim
    let cut = firstSequence { goal.hold(held + added - extent(of: windows, before: $0)) }
    for window in windows {
      let count = window.count(before: cut)
      if count > 0 {
        changes.trimmed[window.replica] = window.first + UInt64(count) - 1
      }
    }
  }
}
