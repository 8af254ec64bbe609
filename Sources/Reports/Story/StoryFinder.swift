import EventLog
import Primitives

/// Why a story cannot be told.
public enum StoryError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The node has nothing of this identity; `near` are the nearest that it has, `nodes` others that
  /// have it.
  case unknown(StorySubject.Kind, identity: String, node: String, near: [String], nodes: [String])
  /// The log says nothing of a node with this name.
  case noSuchNode(String, nodes: [String])

  public var description: String {
    switch self {
    case .unknown(let kind, let identity, let node, let near, let nodes):
      var text = "\(node) has no \(kind.rawValue) '\(PrintableText.line(identity))'"
      if !near.isEmpty { text += "; near it are \(near.joined(separator: ", "))" }
      if !nodes.isEmpty { text += "; --node \(nodes.joined(separator: " or ")) has it" }
      return PrintableText.line(text + "; --list \(kind.rawValue) shows all")
    case .noSuchNode(let node, let nodes):
      return PrintableText.line(
        "the log says nothing of a node '\(node)', it has \(nodes.joined(separator: ", "))")
    }
  }
}

/// What the first pass over a log has found out about the subject of a story.
public struct StoryTarget: Sendable {
  public let subject: StorySubject
  public let node: String
  /// The threads of the thing itself.
  let threads: Set<UInt64>
  /// Threads of requests and punishments, with those above that they belong to.
  let joined: [UInt64: [UInt64]]
  /// Numbers of the blocks of a snapshot.
  let blocks: Set<UInt64>
}

/// The first pass: looks for the subject of a story among the records of a log.
public struct StoryFinder: Sendable {
  /// What one node says of the subject.
  private struct Finds: Sendable {
    var threads: Set<UInt64> = []
    var blocks: Set<UInt64> = []
    var isFound = false
    var near: [(distance: UInt64, identity: String)] = []
  }

  private let subject: StorySubject
  private let node: String?
  private var tracker = StoryTracker()
  private var finds: [String: Finds] = [:]
  /// The nodes in the order of their first records.
  private var nodes: [String] = []
  /// The node that a record was given of.
  private var nodeOfRecord: String?

  /// A search on `node`; without one on `s0` or, in a log that has none, on the first node.
  public init(_ subject: StorySubject, node: String?) {
    self.subject = subject
    self.node = node
  }

  /// Looks at the next record.
  public mutating func add(_ record: EventRecord) {
    let record = StoryRecord(record)
    let thread = tracker.take(record)?.thread
    let isRun = record.node == EventContext.run.node
    if finds[record.node] == nil {
      guard !isRun, nodes.count < ReportLimits.nodesMax else { return }
      nodes.append(record.node)
      finds[record.node] = Finds()
    }
    for identity in Self.identities(subject, record) { note(identity, at: record.node) }
    guard subject.isAbout(record) else { return }
    if case .chunkRecord = subject {
      // Any record of the same thread names the chunk.
      guard let thread else { return }
      finds[record.node]?.threads.insert(thread)
      nodeOfRecord = record.node
    } else if let thread, pullsThread(record),
      finds[record.node]?.threads.count ?? 0 < ReportLimits.storyThreadsMax
    {
      finds[record.node]?.threads.insert(thread)
    }
    if subject.kind == .snapshot, let block = record.number(.block) {
      finds[record.node]?.blocks.insert(block)
    }
    finds[record.node]?.isFound = true
  }

  /// What was found. Throws if there is no such node, or no such thing at it.
  public func target() throws(StoryError) -> StoryTarget {
    guard let name = node ?? nodeOfRecord ?? (nodes.contains("s0") ? "s0" : nodes.first),
      let found = finds[name]
    else { throw .noSuchNode(node ?? "s0", nodes: Array(nodes.prefix(Self.nearMax))) }
    guard found.isFound else {
      throw .unknown(
        subject.kind, identity: subject.identity, node: name, near: found.near.map(\.identity),
        nodes: nodes.filter { finds[$0]?.isFound ?? false }.prefix(Self.nearMax).map(\.self))
    }
    var mains = found.threads
    if subject.kind == .request {
      let questions = mains.flatMap(tracker.answers)
      if !questions.isEmpty { mains = Set(questions) }
    }
    var joined: [UInt64: [UInt64]] = [:]
    for main in mains.sorted() {
      let requests = tracker.answers(of: main)
      let payments = ([main] + requests).flatMap(tracker.payments)
      for thread in requests + payments { joined[thread, default: []].append(main) }
    }
    return StoryTarget(
      subject: subject, node: name, threads: mains, joined: joined, blocks: found.blocks)
  }

  /// Whether what belongs to the record's thread belongs to the story. A block is the state of many
  /// chunks, which are told of only where they wait for it.
  private func pullsThread(_ record: StoryRecord) -> Bool {
    switch subject.kind {
    case .chunk, .request: true
    case .block: record.group != "chunk"
    case .peer, .snapshot: false
    }
  }

  private static let nearMax = 5

  /// The identities of the subject's kind that the record has.
  private static func identities(_ subject: StorySubject, _ record: StoryRecord) -> [String] {
    func prefixed(_ text: String?) -> [String] { text.map { ["0x" + $0.prefix(16)] } ?? [] }
    switch subject {
    case .chunkRecord: return record.group == "chunk" ? ["\(record.sequence)"] : []
    case .chunkKeys:
      guard record.group == "chunk", let start = record.text(.startKey) else { return [] }
      return ["\(start)..\(record.text(.endKey) ?? "")"]
    case .blockNumber: return record.number(.block).map { ["\($0)"] } ?? []
    case .blockHash: return record.value("block") == nil ? [] : prefixed(record.text(.hash))
    case .peer: return record.peer.map { [$0] } ?? []
    case .identity: return prefixed(record.text(.identity))
    case .request: return record.record.request.map { ["\($0)"] } ?? []
    case .snapshotBlock, .snapshotHash:
      guard record.value("snapshot") != nil || ["snapshot", "joining"].contains(record.group)
      else { return [] }
      if case .snapshotBlock = subject { return record.number(.block).map { ["\($0)"] } ?? [] }
      return prefixed(record.text(.snapshot)) + prefixed(record.text(.hash))
    }
  }

  /// Keeps the identities that are nearest to the one that is looked for.
  private mutating func note(_ identity: String, at node: String) {
    guard var near = finds[node]?.near, !near.contains(where: { $0.identity == identity }) else {
      return
    }
    let distance = Self.distance(subject.identity, identity)
    if near.count == Self.nearMax, distance >= near[near.count - 1].distance { return }
    let place = near.firstIndex { $0.distance > distance } ?? near.count
    near.insert((distance, identity), at: place)
    finds[node]?.near = Array(near.prefix(Self.nearMax))
  }

  /// Between numbers their difference, between texts what they do not begin with in common.
  private static func distance(_ a: String, _ b: String) -> UInt64 {
    let (left, right) = (a.drop { $0 == "p" }, b.drop { $0 == "p" })
    if let first = UInt64(left), let second = UInt64(right) {
      return first > second ? first - second : second - first
    }
    let common = zip(a.utf8, b.utf8).prefix { $0 == $1 }.count
    return UInt64(max(a.utf8.count, b.utf8.count) - common)
  }
}
