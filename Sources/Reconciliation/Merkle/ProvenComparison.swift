import Primitives
import Storage

/// A comparison by trees in which everything is proven: each node that the other side shows must
/// have the hash that its parent names, up to a root hash that this side knows and trusts, or that
/// the other side has announced. Costs more than `MerkleComparison` and believes nothing.
///
/// The nodes must also be what they say: a parent's count, size and latest version those of its
/// children. Whoever shows others contradicts the root.
public struct ProvenComparison: ComparisonInitiator {
  static let answerName = "an answer about nodes"
  /// A node that is to be shown.
  private struct Query: Sendable {
    let path: TreePath
    let hash: Hash256
  }

  /// An inner node of which not all children have been seen.
  private struct Parent: Sendable {
    let said: MerkleNode
    var seen = MerkleNode.empty
    var waiting = 0
  }

  public let root: Hash256
  private let source: any MerkleSource
  private let settings: MerkleSettings
  private var queue = NodeQueue<Query>(kinds: 1)
  private var open: [UInt32: [Query]] = [:]
  private var parents: [TreePath: Parent] = [:]
  private var nextNumber: UInt32 = 0
  private var hasBegun = false
  private var isAtEnd = false

  public private(set) var difference = RecordDifference()
  /// Whether it ended because there are more differences than `MerkleSettings.differencesMax`.
  public private(set) var hasStopped = false

  /// - Parameter root: the root hash of the other side's records.
  public init(
    _ source: any MerkleSource, root: Hash256, settings: MerkleSettings = MerkleSettings()
  ) {
    self.source = source
    self.root = root
    self.settings = settings.checked
  }

  public var isComplete: Bool {
    hasBegun && queue.count == 0 && open.isEmpty && !hasStopped && !isAtEnd
  }

  public mutating func nextRequest() -> ComparisonRequest? {
    guard !isAtEnd, !hasStopped, open.count < settings.requestsInFlight else { return nil }
    if !hasBegun {
      hasBegun = true
      queue.add(Query(path: .root, hash: root), kind: 0, depth: 0)
    }
    guard
      let (_, tasks) = queue.take(
        tasksMax: settings.batchNodes, weightMax: .max, weight: { _ in 1 })
    else { return nil }
    let sorted = tasks.sorted { $0.path < $1.path }
    let body = MerkleRequest.expand(root: root, paths: sorted.map(\.path))
    let request = ComparisonRequest(number: nextNumber, body: body.wireBytes)
    open[nextNumber] = sorted
    nextNumber += 1
    return request
  }

  public mutating func receive(
    _ answer: [UInt8], to number: UInt32
  ) throws(ReconciliationError) {
    guard !isAtEnd else { throw .unavailable("the comparison has ended") }
    guard let tasks = open.removeValue(forKey: number) else {
      isAtEnd = true
      throw .malformed("an answer to request \(number), which is not open")
    }
    if hasStopped { return }
    do throws(ReconciliationError) {
      let contents = try reading(Self.answerName) { () throws(WireError) in
        var decoder = WireDecoder(answer)
        var contents: [MerkleContent] = []
        for _ in tasks { contents.append(try decoder.value()) }
        try decoder.finish()
        return contents
      }
      let source = source
      try source.reading { view throws(ReconciliationError) in
        for (task, content) in zip(tasks, contents) { try take(content, task, view) }
      }
      let limit = settings.waitingNodesMax
      guard queue.count <= limit, parents.count <= limit else {
        throw .limitReached("more than \(limit) nodes wait to be asked for")
      }
    } catch {
      isAtEnd = true
      throw error
    }
    if difference.count > settings.differencesMax { hasStopped = true }
  }

  private mutating func take(
    _ content: MerkleContent, _ task: Query, _ view: MerkleView
  ) throws(ReconciliationError) {
    let path = task.path
    guard content.hash(at: path.depth).isEqualInConstantTime(to: task.hash) else {
      throw .contradiction("the node \(path) shown is not the one that its parent names")
    }
    let isLeaf = MerkleContent.isLeaf(
      count: content.count, depth: path.depth, depthMax: view.depthMax)
    guard isLeaf != content.isInner else {
      throw .contradiction("the node \(path) of \(content.count) records has the wrong form")
    }
    switch content {
    case .leaf(let records):
      try compare(records, path, view)
    case .inner(let node):
      try compare(node, path, view)
    }
    if path.depth > 0 { try count(Self.said(by: content), under: path.parent) }
  }

  private static func said(by content: MerkleContent) -> MerkleNode {
    var node = MerkleNode.empty
    (node.count, node.size, node.latest) = (content.count, content.size, content.latest)
    return node
  }

  private mutating func compare(
    _ records: [MerkleContent.LeafRecord], _ path: TreePath, _ view: MerkleView
  ) throws(ReconciliationError) {
    var missing = Set(records.map(\.id))
    guard missing.count == records.count else {
      throw .contradiction("the leaf \(path) names a record twice")
    }
    var extra: [RecordID] = []
    try held { () throws(StorageError) in
      try view.records.forEachEntry(from: path.first, through: path.last) {
        if missing.remove($0.id) == nil { extra.append($0.id) }
      }
    }
    difference.extra.formUnion(extra)
    difference.missing.formUnion(missing)
    guard difference.missing.count <= ReconciliationLimits.differencesMax else {
      throw .limitReached("more than \(ReconciliationLimits.differencesMax) records are missing")
    }
  }

  private mutating func compare(
    _ node: MerkleContent.InnerNode, _ path: TreePath, _ view: MerkleView
  ) throws(ReconciliationError) {
    var parent = Parent(said: Self.said(by: .inner(node)))
    for nibble in 0..<16 {
      let child = path.child(nibble)
      let own = try held { () throws(StorageError) in try view.rough(child) }
      guard let hash = node.children[nibble] else {
        guard own.count > 0 else { continue }
        var extra: [RecordID] = []
        try held { () throws(StorageError) in
          try view.records.forEachEntry(from: child.first, through: child.last) {
            extra.append($0.id)
          }
        }
        difference.extra.formUnion(extra)
        continue
      }
      let isHeld = try held { () throws(StorageError) in
        own.count > 0 ? try view.hash(of: child) == hash : false
      }
      if isHeld {
        parent.seen.add(try held { () throws(StorageError) in try view.node(at: child) })
      } else {
        parent.waiting += 1
        queue.add(Query(path: child, hash: hash), kind: 0, depth: child.depth)
      }
    }
    try close(parent, path)
  }

  /// Counts a child that was seen towards its parent.
  private mutating func count(
    _ child: MerkleNode, under path: TreePath
  ) throws(ReconciliationError) {
    guard var parent = parents.removeValue(forKey: path) else { return }
    guard child.count <= parent.said.count else {
      throw .contradiction("a child of \(path) has more records than it")
    }
    parent.waiting -= 1
    parent.seen.add(child)
    try close(parent, path)
  }

  /// Keeps an inner node until all its children were seen, then compares what it said of them.
  private mutating func close(_ parent: Parent, _ path: TreePath) throws(ReconciliationError) {
    guard parent.waiting == 0 else {
      parents[path] = parent
      return
    }
    let (said, seen) = (parent.said, parent.seen)
    guard said.count == seen.count, said.size == seen.size, said.latest == seen.latest else {
      throw .contradiction("the children of \(path) do not add up to what its hash is over")
    }
  }
}
