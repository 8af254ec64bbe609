import MerkleTree
import Primitives

/// The side that learns what another log has beyond its own.
///
/// If the other log goes on from this one, its further entries come page by page. One proof goes
/// with each page: that this log and the page begin the other one (RFC 9162 section 2.1.4). If the
/// logs have parted, the last common entry is searched for by the roots of prefixes, many in one
/// request; that the other log goes on from there with another entry is then proven in the same
/// way.
public struct LogComparison: Sendable {
  /// How the other log stands to this one.
  public enum Relation: Sendable, Hashable {
    /// The same entries.
    case equal
    /// It begins with this log and has more entries, which `takeEntries` gives.
    case isLonger
    /// It is a beginning of this log, of so many entries.
    case isShorter(Int)
    /// They have so many entries in common, then others; `takeEntries` gives its.
    case forked(common: Int)
  }

  private enum Phase: Sendable {
    /// Entries after those of `frontier`.
    case following
    /// `common` entries are common, `other` are not.
    case searching(common: Int, other: Int, asked: [Int])
    case ended
  }

  private let log: any LogReading
  private let pageBytes: Int
  private var phase = Phase.following
  private var frontier: MountainFrontier
  private var pages: [[UInt8]] = []
  private var open: UInt32?
  private var nextNumber: UInt32 = 0
  /// The number of common entries, once the logs are known to have parted.
  private var fork: Int?

  /// How the other log stands to this one, nil as long as that is not known.
  public private(set) var relation: Relation?
  /// What the other side last said of its log, and proved if it follows this one.
  public private(set) var remoteHead: LogHead?
  /// Whether all entries of the other log have come.
  public private(set) var isComplete = false

  /// - Parameter pageBytes: about the bytes of a page, 1…`ReconciliationLimits.logPageBytesMax`.
  public init(
    _ log: any LogReading, pageBytes: Int = 262_144
  ) throws(ReconciliationError) {
    self.log = log
    self.pageBytes = min(max(1, pageBytes), ReconciliationLimits.logPageBytesMax)
    frontier = try log.frontier(ofFirst: log.count)
  }

  /// The entries that came since the last call, which follow each other and were proven.
  public mutating func takeEntries() -> [[UInt8]] {
    defer { pages = [] }
    return pages
  }

  /// The next request; nil while one is open, entries have not been taken, or at the end.
  public mutating func nextRequest() -> ComparisonRequest? {
    guard open == nil, pages.isEmpty, !isComplete else { return nil }
    let body: LogRequest
    switch phase {
    case .ended: return nil
    case .following:
      body = .follow(LogHead(count: frontier.count, root: frontier.root), bytes: pageBytes)
    case .searching(let common, let other, _):
      let counts = Self.counts(between: common, and: other)
      phase = .searching(common: common, other: other, asked: counts)
      body = .roots(counts)
    }
    open = nextNumber
    nextNumber += 1
    return ComparisonRequest(number: nextNumber - 1, body: body.wireBytes)
  }

  /// Takes the answer to the request that is open.
  public mutating func receive(
    _ answer: [UInt8], to number: UInt32
  ) throws(ReconciliationError) {
    do throws(ReconciliationError) {
      guard open == number else {
        throw .malformed("an answer to request \(number), which is not open")
      }
      open = nil
      switch phase {
      case .ended: throw .unavailable("the comparison has ended")
      case .following:
        try take(
          try reading("entries of a log") { () throws(WireError) in
            try LogAnswer(wireBytes: answer)
          })
      case .searching(let common, let other, let asked):
        let roots = try reading("roots of a log") { () throws(WireError) in
          try LogRoots(wireBytes: answer).roots
        }
        try narrow(common, other, asked, roots)
      }
    } catch {
      phase = .ended
      throw error
    }
  }

  private mutating func take(_ answer: LogAnswer) throws(ReconciliationError) {
    remoteHead = answer.head
    switch answer {
    case .isShorter(let head):
      guard head.count < frontier.count, fork == nil, relation == nil else {
        throw .contradiction("the log is shorter than it was: \(head.count) entries")
      }
      if try log.root(ofFirst: head.count) == head.root {
        relation = .isShorter(head.count)
        isComplete = true
      } else {
        phase = .searching(common: 0, other: head.count, asked: [])
        try checkSearch()
      }
    case .differs(let head):
      guard head.count >= frontier.count, fork == nil, relation == nil else {
        throw .contradiction("the log does not go on from what it was")
      }
      phase = .searching(common: 0, other: frontier.count, asked: [])
      try checkSearch()
    case .follows(let head, let entries, let proof):
      try follow(head, entries, proof)
    }
  }

  private mutating func follow(
    _ head: LogHead, _ entries: [[UInt8]], _ proof: ConsistencyProof
  ) throws(ReconciliationError) {
    guard entries.count <= head.count - frontier.count,
      !entries.isEmpty || head.count == frontier.count
    else {
      throw .malformed("\(entries.count) entries of a log that has \(head.count)")
    }
    if let fork, frontier.count == fork, fork < log.count,
      entries.first == (try log.entry(at: fork))
    {
      throw .contradiction("entry \(fork) is the same, but the roots with it were not")
    }
    var next = frontier
    for entry in entries { next.append(leaf: entry) }
    guard
      proof.verify(
        oldRoot: next.root, oldCount: next.count, newRoot: head.root, newCount: head.count)
    else {
      throw .contradiction("the log of \(head.count) entries does not begin with what it gives")
    }
    frontier = next
    pages.append(contentsOf: entries)
    if relation == nil { relation = head.count == log.count ? .equal : .isLonger }
    isComplete = next.count == head.count
  }

  /// Takes the roots of prefixes: the common ones come first.
  private mutating func narrow(
    _ common: Int, _ other: Int, _ asked: [Int], _ roots: [Hash256]
  ) throws(ReconciliationError) {
    guard roots.count == asked.count else {
      throw .contradiction("\(roots.count) of \(asked.count) roots of a log that was longer")
    }
    var (common, other) = (common, other)
    var hasParted = false
    for (count, root) in zip(asked, roots) {
      if try log.root(ofFirst: count) != root {
        if !hasParted { other = count }
        hasParted = true
      } else if hasParted {
        throw .contradiction("the first \(count) entries are common, but not fewer of them")
      } else {
        common = count
      }
    }
    phase = .searching(common: common, other: other, asked: [])
    try checkSearch()
  }

  /// Ends the search when the last common entry is known.
  private mutating func checkSearch() throws(ReconciliationError) {
    guard case .searching(let common, let other, _) = phase else { return }
    guard other > 0 else { throw .contradiction("two logs without entries have other roots") }
    guard other == common + 1 else { return }
    fork = common
    relation = .forked(common: common)
    frontier = try log.frontier(ofFirst: common)
    phase = .following
  }

  /// Lengths that part the range between two into about equal parts.
  private static func counts(between common: Int, and other: Int) -> [Int] {
    let parts = min(ReconciliationLimits.logRootsMax + 1, other - common)
    return (1..<parts).map { common + (other - common) * $0 / parts }
  }
}
