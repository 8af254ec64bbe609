import EventLog

/// Gathers records to threads: all that was said of one thing between one node and one peer, from
/// the question through its request and its answer to what became of it and who paid.
///
/// What the log says itself, `cause` and `req`, goes first. For the rest the records of a node are
/// taken in their order: a request belongs to the oldest question to its peer that has none, an
/// answer to the open question about the same keys or the same block. Threads are numbered in the
/// order of their first records, so that two passes over one log number them alike.
struct StoryTracker: Sendable {
  /// How it is known that a record belongs to a thread.
  enum Link: Sendable, Hashable {
    case cause(UInt64)
    case request(UInt64)
    /// By the order of the records and what they are about.
    case order
  }

  private struct Line: Hashable, Sendable {
    let node: String
    let peer: String
    /// The group of the events, such as `chunk`.
    let group: String
    /// Which thing of its kind; empty for any.
    let thing: String
  }

  private struct Request: Hashable, Sendable {
    let node: String
    let number: UInt64
  }

  private var next: UInt64 = 0
  /// Questions for which no request has gone out yet.
  private var asked = BoundedMap<Line, [UInt64]>(limit: ReportLimits.storyOpenMax)
  /// Questions with an answer that nothing was said of yet.
  private var answered = BoundedMap<Line, [UInt64]>(limit: ReportLimits.storyOpenMax)
  private var requests = BoundedMap<Request, UInt64>(limit: ReportLimits.storyOpenMax)
  private var groups = BoundedMap<UInt64, String>(limit: ReportLimits.storyOpenMax)
  /// Things whose end is not known yet.
  private var open = BoundedMap<Line, UInt64>(limit: ReportLimits.storyOpenMax)
  /// The last thing of a peer that was not of use.
  private var blamed = BoundedMap<Line, UInt64>(limit: ReportLimits.storyOpenMax)
  private var threads = BoundedMap<UInt64, UInt64>(limit: ReportLimits.storyOpenMax)

  /// The thread of the next record, and how that is known; nil if it belongs to none.
  mutating func take(_ record: StoryRecord) -> (thread: UInt64, link: Link?)? {
    guard let found = thread(of: record) else { return nil }
    threads[record.sequence] = found.thread
    return found
  }

  private mutating func thread(of record: StoryRecord) -> (thread: UInt64, link: Link?)? {
    let given: (thread: UInt64, link: Link?)? =
      if let cause = record.record.cause, let thread = threads[cause] {
        (thread, .cause(cause))
      } else if let number = record.record.request,
        let thread = requests[Request(node: record.node, number: number)]
      {
        (thread, .request(number))
      } else { nil }
    guard let peer = record.peer else { return given }
    func line(_ group: some StringProtocol, _ thing: String = "") -> Line {
      Line(node: record.node, peer: peer, group: String(group), thing: thing)
    }
    switch record.row.role {
    case .asks(let types):
      let thread = given?.thread ?? newThread(String(record.group))
      for type in types { add(thread, to: \.asked, line(type)) }
      open[line(record.group, record.thing ?? "")] = thread
      return given ?? (thread, nil)
    case .sends: return sent(record, line(record.text(.type) ?? ""), given)
    case .ends:
      guard let given else { return nil }
      if record.text(.outcome) == Self.answeredOutcome, let group = groups[given.thread] {
        add(given.thread, to: \.answered, line(group))
      }
      return given
    case .arrives, .waits, .settles: return judged(record, line, given)
    case .penalises:
      return given ?? blamed[line("")].map { ($0, .order) }
    case .tells: return given
    }
  }

  /// The word in `outcome` for a request that brought an answer.
  private static let answeredOutcome = "answered"

  private mutating func newThread(_ group: String) -> UInt64 {
    defer { next += 1 }
    groups[next] = group
    return next
  }

  private mutating func add(
    _ thread: UInt64, to map: WritableKeyPath<Self, BoundedMap<Line, [UInt64]>>, _ line: Line
  ) {
    let waiting = self[keyPath: map][line] ?? []
    self[keyPath: map][line] = waiting.suffix(ReportLimits.storyWaitingMax - 1) + [thread]
  }

  private mutating func sent(
    _ record: StoryRecord, _ line: Line, _ given: (thread: UInt64, link: Link?)?
  ) -> (thread: UInt64, link: Link?) {
    var found = given
    if found == nil, let waiting = asked[line], let thread = waiting.first {
      asked[line] = Array(waiting.dropFirst())
      found = (thread, .order)
    }
    let result = found ?? (newThread(line.group), nil)
    if let number = record.record.request {
      requests[Request(node: record.node, number: number)] = result.thread
    }
    return result
  }

  private mutating func judged(
    _ record: StoryRecord, _ line: (Substring, String) -> Line,
    _ given: (thread: UInt64, link: Link?)?
  ) -> (thread: UInt64, link: Link?)? {
    let key = line(record.group, record.thing ?? "")
    let anything = line(record.group, "")
    var found = given ?? open[key].map { ($0, .order) }
    if found == nil, let waiting = answered[anything], let thread = waiting.first {
      found = (thread, .order)
    }
    let (thread, link) = found ?? (newThread(String(record.group)), nil)
    if let waiting = answered[anything], let index = waiting.firstIndex(of: thread) {
      answered[anything] = Array(waiting[..<index] + waiting[(index + 1)...])
    }
    if case .settles(let fate) = record.row.role {
      open[key] = nil
      // Whoever is punished next is punished for this.
      let peer = Line(node: key.node, peer: key.peer, group: "", thing: "")
      blamed[peer] = fate == .taken ? nil : thread
    } else {
      open[key] = thread
    }
    return (thread, link)
  }
}
