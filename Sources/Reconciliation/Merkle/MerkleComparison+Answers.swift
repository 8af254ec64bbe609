import Primitives
import Storage

extension MerkleComparison {
  /// The answer to the first request.
  mutating func takeRoot(
    _ decoder: inout WireDecoder, _ view: MerkleView
  ) throws(ReconciliationError) {
    let answer = try reading(Self.answerName) { () throws(WireError) in
      let answer = try RootAnswer(from: &decoder)
      try decoder.finish()
      return answer
    }
    remoteRoot = answer.root
    root = answer.root.sum.high
    let node = NodeSum(path: .root, count: answer.root.count, sum: answer.root.sum.high)
    try Self.checkSum(of: answer.children, node)
    let own = try held { () throws(StorageError) in try view.node(at: .root) }
    if own.count == node.count, own.sum.high == node.sum, own.sum.low != answer.root.sum.low {
      throw .unavailable("the sums of the roots agree in one half only: compare otherwise")
    }
    // The children are known already, so nothing is asked about the root but what is cheaper.
    try compare(node, view, children: answer.children)
  }

  /// The part of an answer that is about one task.
  mutating func take(
    _ task: Query, _ decoder: inout WireDecoder, _ view: MerkleView
  ) throws(ReconciliationError) {
    let node = task.node
    switch task.step {
    case .descend(let hint):
      if let hint {
        let low = try reading(Self.answerName) { () throws(WireError) -> UInt64? in
          try decoder.flag(of: "hint") ? try decoder.fixed() : nil
        }
        if let low { return try take(RecordID(high: hint, low: low), of: node, view) }
      }
      let children = try reading(Self.answerName) { () throws(WireError) in
        try decoder.children(of: node.path)
      }
      try Self.checkSum(of: children, node)
      try compare(children, of: node.path, view)
    case .short:
      let begins = try reading(Self.answerName) { () throws(WireError) in
        var begins: [UInt32] = []
        for _ in 0..<node.count { begins.append(try decoder.short()) }
        return begins
      }
      try match(begins, node, view)
    case .whole:
      let ids = try reading(Self.answerName) { () throws(WireError) in try decoder.ids(node.count) }
      try match(ids, node, view)
    case .fetch(let begins, _, let matched, let extra):
      let ids = try reading(Self.answerName) { () throws(WireError) in
        var ids: [RecordID] = []
        for begin in begins {
          let rest = try decoder.short()
          ids.append(
            RecordID(high: UInt64(begin) << 32 | UInt64(rest), low: try decoder.fixed()))
        }
        return ids
      }
      // If the sum is another one, two ids begin alike: then the whole ids tell.
      guard ids.reduce(matched, { $0 &+ $1.high }) == node.sum, Set(ids).count == ids.count else {
        return ask(.whole, node)
      }
      difference.extra.formUnion(extra)
      try add(missing: ids)
    case .page(_, let known):
      try takePage(known, node, &decoder, view)
    }
  }

  /// The only record that this side lacks of a node, as the other side says.
  private mutating func take(
    _ id: RecordID, of node: NodeSum, _ view: MerkleView
  ) throws(ReconciliationError) {
    let own = try held { () throws(StorageError) in try view.records.record(named: id) }
    if own == nil { try add(missing: [id]) } else { ask(.descend(hint: nil), node) }
  }

  private mutating func takePage(
    _ known: [RecordID], _ node: NodeSum, _ decoder: inout WireDecoder, _ view: MerkleView
  ) throws(ReconciliationError) {
    let most = ReconciliationLimits.listedRecordsMax
    let (ids, next) = try reading(Self.answerName) { () throws(WireError) in
      let ids: [RecordID] = try decoder.array(elementBytes: RecordID.byteCount, limit: most)
      return (known + ids, try decoder.optional(HashedPosition.self))
    }
    guard let next else { return try match(ids, node, view) }
    guard ids.count < node.count, ids.count > known.count else {
      throw .contradiction("pages of \(node.path) with more than its \(node.count) records")
    }
    try checkCount(ids.count)
    ask(.page(from: next, known: ids), node)
  }

  /// Compares a node with this side's.
  private mutating func compare(
    _ node: NodeSum, _ view: MerkleView, children: [NodeSum]? = nil
  ) throws(ReconciliationError) {
    let path = node.path
    let own = try held { () throws(StorageError) in try view.rough(path) }
    if own.count == node.count, own.sum.high == node.sum { return }
    if own.count == node.count + 1 {
      let found = try held { () throws(StorageError) in
        try view.entry(under: path, startingWith: own.sum.high &- node.sum)
      }
      if let found {
        difference.extra.insert(found.id)
        return
      }
    }
    if let children, node.count != own.count + 1 { return try compare(children, of: path, view) }
    if path.depth >= view.depthMax, node.count > ReconciliationLimits.listedRecordsMax {
      return ask(.page(from: path.first, known: []), node)
    }
    if own.count == 0 || path.depth >= view.depthMax {
      let isFew = node.count <= ReconciliationLimits.wholeListMax
      return ask(isFew || path.depth >= view.depthMax ? .whole : .descend(hint: nil), node)
    }
    if node.count == own.count + 1 { return ask(.descend(hint: node.sum &- own.sum.high), node) }
    let isFew = max(node.count, own.count) <= ReconciliationLimits.shortListMax
    ask(isFew ? .short : .descend(hint: nil), node)
  }

  /// Compares the children of a node with this side's; those that have no records are not named.
  private mutating func compare(
    _ children: [NodeSum], of path: TreePath, _ view: MerkleView
  ) throws(ReconciliationError) {
    var named = Set<Int>()
    for child in children {
      named.insert(child.path.nibble)
      try compare(child, view)
    }
    for nibble in 0..<16 where !named.contains(nibble) {
      let child = path.child(nibble)
      var extra: [RecordID] = []
      try held { () throws(StorageError) in
        guard try view.rough(child).count > 0 else { return }
        try view.records.forEachEntry(from: child.first, through: child.last) {
          extra.append($0.id)
        }
      }
      difference.extra.formUnion(extra)
    }
  }

  /// Compares the beginnings of all ids of a node with this side's.
  private mutating func match(
    _ begins: [UInt32], _ node: NodeSum, _ view: MerkleView
  ) throws(ReconciliationError) {
    var own: [UInt32: [RecordID]] = [:]
    try forEachOwn(node.path, view) {
      own[UInt32(truncatingIfNeeded: $0.id.high >> 32), default: []].append($0.id)
    }
    var matched: UInt64 = 0
    var missing: [(begin: UInt32, place: Int)] = []
    for (place, begin) in begins.enumerated() {
      if let id = own[begin]?.popLast() {
        matched &+= id.high
      } else {
        missing.append((begin, place))
      }
    }
    let extra = own.values.flatMap { $0 }
    if !missing.isEmpty {
      let step = Query.Step.fetch(
        begins: missing.map(\.begin), places: missing.map(\.place), matched: matched, extra: extra)
      return ask(step, node)
    }
    guard matched == node.sum else { return ask(.whole, node) }
    difference.extra.formUnion(extra)
  }

  /// Compares all ids of a node with this side's.
  private mutating func match(
    _ ids: [RecordID], _ node: NodeSum, _ view: MerkleView
  ) throws(ReconciliationError) {
    var missing = Set(ids)
    guard ids.count == node.count, missing.count == ids.count,
      ids.reduce(0, { $0 &+ $1.high }) == node.sum
    else {
      throw .contradiction("the ids of \(node.path) are not those of its count and sum")
    }
    var extra: [RecordID] = []
    try forEachOwn(node.path, view) {
      if missing.remove($0.id) == nil { extra.append($0.id) }
    }
    difference.extra.formUnion(extra)
    try add(missing: missing)
  }

  private func forEachOwn(
    _ path: TreePath, _ view: MerkleView, _ body: (RecordEntry) -> Void
  ) throws(ReconciliationError) {
    try held { () throws(StorageError) in
      try view.records.forEachEntry(from: path.first, through: path.last, body)
    }
  }

  private mutating func add(
    missing ids: some Sequence<RecordID>
  ) throws(ReconciliationError) {
    difference.missing.formUnion(ids)
    try checkCount(difference.missing.count)
  }

  private func checkCount(_ count: Int) throws(ReconciliationError) {
    guard count <= ReconciliationLimits.differencesMax else {
      throw .limitReached("more than \(ReconciliationLimits.differencesMax) records are missing")
    }
  }

  /// Refuses children that are not, together, their parent.
  private static func checkSum(
    of children: [NodeSum], _ node: NodeSum
  ) throws(ReconciliationError) {
    var (count, sum) = (0, UInt64(0))
    for child in children {
      count += child.count
      sum &+= child.sum
    }
    guard count == node.count, sum == node.sum else {
      throw .contradiction("the children of \(node.path) do not add up to what it is said to be")
    }
  }
}
