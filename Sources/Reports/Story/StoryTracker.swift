import EventLog

/// Gathers records to threads: all that was said of one thing between one node and one peer. A
/// question with its answer and what became of it is a thread, a request with its end is another,
/// and so is a punishment; the first can be joined to the other two.
///
/// What the log says itself, `cause` and `req`, goes first. For the rest the records of a node are
/// taken in their order: an answer belongs to the open question about the same keys or the same
/// block, and to the request to its peer that has just ended; a punishment belongs to all that was
/// wrong of that peer for the same reason. What can be told apart in no way is not joined. Threads
/// are numbered in the order of their first records, so that two passes number them alike.
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
    /// The group of the events, such as `chunk`, or the reason of a punishment.
    let group: String
    /// Which thing of its kind; empty for any.
    let thing: String
  }

  private struct Request: Hashable, Sendable {
    let node: String
    let number: UInt64
  }

  /// A request that was answered, where nothing was said of the answer yet.
  private struct Answer: Sendable {
    let thread: UInt64
    let sequence: UInt64
  }

  private typealias Found = (thread: UInt64, link: Link?)

  private var next: UInt64 = 0
  /// Questions for which no request is known yet, by the type of the request.
  private var asked = BoundedMap<Line, [UInt64]>(limit: ReportLimits.storyOpenMax)
  private var answered = BoundedMap<Line, [Answer]>(limit: ReportLimits.storyOpenMax)
  private var requests = BoundedMap<Request, UInt64>(limit: ReportLimits.storyOpenMax)
  /// Things whose end is not known yet.
  private var open = BoundedMap<Line, UInt64>(limit: ReportLimits.storyOpenMax)
  /// What was wrong of a peer for a reason, until it is punished for that.
  private var blamed = BoundedMap<Line, [UInt64]>(limit: ReportLimits.storyOpenMax)
  private var threads = BoundedMap<UInt64, UInt64>(limit: ReportLimits.storyOpenMax)
  /// Questions and their requests, both ways.
  private var answers = BoundedMap<UInt64, [UInt64]>(limit: ReportLimits.storyOpenMax)
  /// What was wrong, and the punishments for it.
  private var payments = BoundedMap<UInt64, [UInt64]>(limit: ReportLimits.storyOpenMax)

  /// The thread of the next record, and how that is known; nil if it belongs to none.
  mutating func take(_ record: StoryRecord) -> (thread: UInt64, link: Link?)? {
    guard let found = thread(of: record) else { return nil }
    threads[record.sequence] = found.thread
    return found
  }

  /// The questions of a request, or the requests of a question.
  func answers(of thread: UInt64) -> [UInt64] { answers[thread] ?? [] }

  /// The punishments for a thing that was wrong.
  func payments(of thread: UInt64) -> [UInt64] { payments[thread] ?? [] }

  private mutating func thread(of record: StoryRecord) -> Found? {
    let given: Found? =
      if let cause = record.record.cause, let thread = threads[cause] {
        (thread, .cause(cause))
      } else if record.row.role != .sends, let number = record.record.request,
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
      let thread = given?.thread ?? newThread()
      for type in types { Self.append(thread, to: &asked[line(type)]) }
      open[line(record.group, record.thing ?? "")] = thread
      return given ?? (thread, nil)
    case .sends: return sent(record, line(record.text(.type) ?? ""), given)
    case .ends: return ended(record, line, given)
    case .arrives, .waits, .settles: return judged(record, line, given)
    case .penalises: return given ?? punished(record, line(record.text(.reason) ?? ""))
    case .tells: return given
    }
  }

  private mutating func newThread() -> UInt64 {
    defer { next += 1 }
    return next
  }

  private static func append(_ thread: UInt64, to list: inout [UInt64]?) {
    list = (list ?? []).suffix(ReportLimits.storyWaitingMax - 1) + [thread]
  }

  private mutating func join(_ question: UInt64, _ request: UInt64) {
    Self.append(request, to: &answers[question])
    Self.append(question, to: &answers[request])
  }

  /// A request belongs to the question before it where there is only one.
  private mutating func sent(_ record: StoryRecord, _ line: Line, _ given: Found?) -> Found {
    let found = given ?? (newThread(), nil)
    if let number = record.record.request {
      requests[Request(node: record.node, number: number)] = found.thread
    }
    if let waiting = asked[line], waiting.count == 1 {
      asked[line] = nil
      join(waiting[0], found.thread)
    }
    return found
  }

  private mutating func ended(
    _ record: StoryRecord, _ line: (String, String) -> Line, _ given: Found?
  ) -> Found? {
    guard let given, let outcome = record.text(.outcome) else { return nil }
    if outcome == Self.answeredOutcome {
      let key = line(record.text(.type) ?? "", "")
      let answer = Answer(thread: given.thread, sequence: record.sequence)
      answered[key] = (answered[key] ?? []).suffix(ReportLimits.storyWaitingMax - 1) + [answer]
    } else {
      Self.append(given.thread, to: &blamed[line(outcome, "")])
    }
    return given
  }

  /// The word in `outcome` for a request that brought an answer.
  private static let answeredOutcome = "answered"

  private mutating func judged(
    _ record: StoryRecord, _ line: (Substring, String) -> Line, _ given: Found?
  ) -> Found {
    let key = line(record.group, record.thing ?? "")
    let found = given ?? open[key].map { ($0, .order) } ?? (newThread(), nil)
    let thread = found.thread
    for type in StoryTable.requestTypes[String(record.group)] ?? [] {
      let request = line(type[...], "")
      if let waiting = asked[request] { asked[request] = waiting.filter { $0 != thread } }
      guard answers[thread] == nil else { continue }
      if let answer = takeAnswer(request, before: record.sequence) {
        join(thread, answer)
      }
    }
    guard case .settles(let fate) = record.row.role else {
      open[key] = thread
      return found
    }
    open[key] = nil
    if fate == .refused, let reason = record.text(.reason) {
      Self.append(thread, to: &blamed[line(reason[...], "")])
    }
    return found
  }

  /// The request that has brought what a record speaks of: the only one with an answer that nobody
  /// spoke of yet, or the one that ended just before.
  private mutating func takeAnswer(_ line: Line, before sequence: UInt64) -> UInt64? {
    guard let waiting = answered[line], let last = waiting.last,
      waiting.count == 1 || last.sequence + Self.nearRecords >= sequence
    else { return nil }
    answered[line] = waiting.dropLast()
    return last.thread
  }

  /// Records that can lie between the end of a request and what is said of its answer.
  private static let nearRecords: UInt64 = 4

  private mutating func punished(_ record: StoryRecord, _ line: Line) -> Found {
    let punishment = newThread()
    for thread in blamed[line] ?? [] { Self.append(punishment, to: &payments[thread]) }
    let isKnown = blamed[line] != nil
    blamed[line] = nil
    return (punishment, isKnown ? .order : nil)
  }
}
