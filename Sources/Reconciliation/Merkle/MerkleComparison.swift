import Primitives
import Storage

/// The side of a comparison by trees that asks. It goes down from the root where sums differ, all
/// nodes of a level at a time, and lists ids where few are left.
///
/// A node in which the sides differ by one record needs no more than its sum: the difference of the
/// sums is half the id of that record, which is looked up here or there.
///
/// What the other side says of children must add up to what it said of their parent, and lists must
/// have the count and the sum that were said of their node, else it contradicts itself.
public struct MerkleComparison: ComparisonInitiator {
  static let answerName = "an answer about nodes"
  private static let kinds = 5

  /// What is to be asked about a node.
  struct Query: Sendable, Hashable {
    enum Step: Sendable, Hashable {
      /// Its children, or what is missing of the id that begins with the hint.
      case descend(hint: UInt64?)
      /// The first bytes of all ids.
      case short
      /// All ids.
      case whole
      /// The rest of ids that begin so, by their places in the list. `matched` is the sum of the
      /// ids of the list that this side has; `extra` it has not.
      case fetch(begins: [UInt32], places: [Int], matched: UInt64, extra: [RecordID])
      /// All ids, page by page; those known so far.
      case page(from: HashedPosition, known: [RecordID])
    }

    let node: NodeSum
    let step: Step
  }

  let source: any MerkleSource
  let settings: MerkleSettings
  /// The first half of the sum that the other side's root has, once known.
  var root: UInt64?
  private var queue = NodeQueue<Query>(kinds: Self.kinds)
  private var open: [UInt32: [Query]] = [:]
  private var nextNumber: UInt32 = 0
  private var hasAskedRoot = false
  private var isAtEnd = false

  public internal(set) var difference = RecordDifference()
  /// What the other side said of its root, nil before.
  public internal(set) var remoteRoot: MerkleNode?
  /// Whether it ended because there are more differences than `MerkleSettings.differencesMax`.
  public private(set) var hasStopped = false

  public init(_ source: any MerkleSource, settings: MerkleSettings = MerkleSettings()) {
    self.source = source
    self.settings = settings.checked
  }

  public var isComplete: Bool {
    root != nil && queue.count == 0 && open.isEmpty && !hasStopped && !isAtEnd
  }

  public mutating func nextRequest() -> ComparisonRequest? {
    guard !isAtEnd, !hasStopped, open.count < settings.requestsInFlight else { return nil }
    guard let root else {
      guard !hasAskedRoot else { return nil }
      hasAskedRoot = true
      return request(.root, about: [])
    }
    let most = ReconciliationLimits.listedRecordsMax
    guard
      let (kind, tasks) = queue.take(
        tasksMax: settings.batchNodes, weightMax: most, weight: { Self.weight(of: $0) })
    else { return nil }
    let sorted = tasks.sorted { $0.node.path < $1.node.path }
    return request(Self.request(kind, sorted, root), about: sorted)
  }

  private mutating func request(_ body: MerkleRequest, about tasks: [Query]) -> ComparisonRequest {
    let request = ComparisonRequest(number: nextNumber, body: body.wireBytes)
    open[nextNumber] = tasks
    nextNumber += 1
    return request
  }

  private static func request(_ kind: Int, _ tasks: [Query], _ root: UInt64) -> MerkleRequest {
    let paths = tasks.map(\.node.path)
    switch kind {
    case 0:
      let places = tasks.map { task -> [Int] in
        if case .fetch(_, let places, _, _) = task.step { places } else { [] }
      }
      return .fetch(root: root, paths: paths, places: places)
    case 1:
      if case .page(let from, _) = tasks[0].step {
        return .page(root: root, path: paths[0], from: from)
      }
      return .list(root: root, paths: paths, isWhole: true)
    case 2: return .list(root: root, paths: paths, isWhole: true)
    case 3: return .list(root: root, paths: paths, isWhole: false)
    default:
      let hints = tasks.map { task -> UInt64? in
        if case .descend(let hint) = task.step { hint } else { nil }
      }
      return .descend(root: root, paths: paths, hints: hints)
    }
  }

  /// How much of an answer a task takes, in listed records. A page is asked for alone.
  private static func weight(of task: Query) -> Int {
    switch task.step {
    case .descend: 1
    case .page: ReconciliationLimits.listedRecordsMax
    case .short, .whole, .fetch: task.node.count
    }
  }

  mutating func ask(_ step: Query.Step, _ node: NodeSum) {
    let kind =
      switch step {
      case .fetch: 0
      case .page: 1
      case .whole: 2
      case .short: 3
      case .descend: 4
      }
    queue.add(Query(node: node, step: step), kind: kind, depth: node.path.depth)
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
      let source = source
      try source.reading { view throws(ReconciliationError) in
        var decoder = WireDecoder(answer)
        if root == nil {
          try takeRoot(&decoder, view)
        } else {
          for task in tasks { try take(task, &decoder, view) }
          try reading(Self.answerName) { () throws(WireError) in try decoder.finish() }
        }
      }
      guard queue.count <= settings.waitingNodesMax else {
        throw .limitReached("more than \(settings.waitingNodesMax) nodes wait to be asked for")
      }
    } catch {
      isAtEnd = true
      throw error
    }
    if difference.count > settings.differencesMax { hasStopped = true }
  }
}
