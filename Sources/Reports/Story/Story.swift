import EventLog

/// The story of one thing in a log: all records that belong to it, and what follows from them. Made
/// of records that are given in order, in the second of two passes.
public struct Story: Sendable {
  /// One record of the story.
  struct Step: Sendable {
    let sequence: UInt64
    let time: Int64
    let node: String
    let event: String
    let level: EventLevel
    let thread: UInt64?
    let link: StoryTracker.Link?
    let text: String
  }

  /// How one thing that was asked for fared.
  struct Course: Sendable {
    var peer = ""
    var keys: (start: String, end: String?)?
    var asked: Step?
    var sent: Step?
    var request: UInt64?
    var ended: Step?
    var waits: Step?
    /// The block that it waited for, and when that came.
    var awaited: String?
    var awaitedCame: Step?
    var settled: Step?
    var fate: StoryFate?
    var bytes: UInt64 = 0
    var penalties: [Step] = []
    /// That the peer had been banned before.
    var banned: Step?
    /// What brought the same keys afterwards.
    var filled: Step?
  }

  let target: StoryTarget
  private(set) var steps: [Step] = []
  /// Records of the story that are not among the steps.
  private(set) var leftOut = 0
  /// How often each event was part of the story.
  private(set) var tally: [String: Int] = [:]
  /// First and last record of each event.
  private(set) var first: [String: Step] = [:]
  private(set) var last: [String: Step] = [:]
  private(set) var courses: [UInt64: Course] = [:]
  private(set) var service = PeerService()
  private var tracker = StoryTracker()
  /// The last ban of each peer.
  private var bans: [String: Step] = [:]
  /// The threads whose course is told.
  private let told: Set<UInt64>

  /// The story of what the first pass has found, told by no records yet.
  public init(_ target: StoryTarget) {
    self.target = target
    told = Set(target.threads.sorted().prefix(ReportLimits.storyCoursesMax))
  }

  /// Looks at the next record, in the same order as in the first pass.
  public mutating func add(_ record: EventRecord) {
    let record = StoryRecord(record)
    let found = tracker.take(record)
    guard record.node == target.node || record.node == EventContext.run.node else { return }
    let isOfThread =
      found.map { target.threads.contains($0.thread) || target.joined[$0.thread] != nil } ?? false
    if isOfThread || isDirect(record) {
      let step = step(record, found)
      keep(step)
      if let thread = found?.thread {
        for main in [thread] + (target.joined[thread] ?? []) where told.contains(main) {
          note(record, step, main)
        }
      }
      if target.subject.kind == .peer { service.add(record) }
    }
    if record.name == "peer.banned", let peer = record.peer,
      bans.count < ReportLimits.nodesMax
    {
      bans[peer] = step(record, found)
    }
    watch(record, found?.thread)
  }

  private func isDirect(_ record: StoryRecord) -> Bool {
    switch target.subject.kind {
    case .chunk: return false
    case .request, .peer: return target.subject.isAbout(record)
    case .block:
      guard record.group == "chunk" else { return target.subject.isAbout(record) }
      return record.row.role == .waits && target.subject.isAbout(record)
    case .snapshot:
      if record.group == "chunk", case .settles = record.row.role {
        return record.number(.block).map(target.blocks.contains) ?? false
      }
      return target.subject.isAbout(record)
    }
  }

  private func step(
    _ record: StoryRecord, _ found: (thread: UInt64, link: StoryTracker.Link?)?
  ) -> Step {
    Step(
      sequence: record.sequence, time: record.time, node: record.node, event: record.name,
      level: record.record.event.level, thread: found?.thread, link: found?.link,
      text: StorySentence.of(record))
  }

  private mutating func keep(_ step: Step) {
    tally[step.event, default: 0] += 1
    first[step.event] = first[step.event] ?? step
    last[step.event] = step
    let isNotable = step.level == .warn || step.level == .error
    let limit = ReportLimits.storyStepsMax * (isNotable ? 2 : 1)
    if steps.count < limit { steps.append(step) } else { leftOut += 1 }
  }

  /// Adds a record to what is known of its thread.
  private mutating func note(_ record: StoryRecord, _ step: Step, _ thread: UInt64) {
    var course = courses[thread] ?? Course()
    if let peer = record.peer { course.peer = peer }
    if let start = record.text(.startKey), course.keys == nil || record.row.role != .sends {
      course.keys = (start, record.text(.endKey))
    }
    switch record.row.role {
    case .asks: course.asked = course.asked ?? step
    case .sends:
      course.sent = course.sent ?? step
      course.request = record.record.request
    case .ends:
      course.ended = step
      course.bytes = max(course.bytes, record.number(.bytes) ?? 0)
    case .waits:
      course.waits = course.waits ?? step
      course.awaited = record.text(.hash)
    case .settles(let fate):
      course.settled = step
      course.fate = fate
      course.banned = bans[course.peer]
      course.bytes = max(course.bytes, record.number(.bytes) ?? 0)
    case .penalises: course.penalties.append(step)
    case .arrives, .tells: break
    }
    courses[thread] = course
  }

  /// Looks at a record for what it means to other things of the story.
  private mutating func watch(_ record: StoryRecord, _ own: UInt64?) {
    guard record.name == "block.accepted" || record.name == "chunk.accepted" else { return }
    for thread in courses.keys.sorted() where thread != own {
      guard var course = courses[thread] else { continue }
      if record.name == "block.accepted", course.settled == nil, course.awaitedCame == nil,
        let hash = course.awaited, record.text(.hash) == hash
      {
        course.awaitedCame = step(record, nil)
      } else if record.name == "chunk.accepted", let fate = course.fate, fate != .taken,
        course.filled == nil, let keys = course.keys, covers(record, keys.start)
      {
        course.filled = step(record, nil)
      } else {
        continue
      }
      courses[thread] = course
    }
  }

  /// True if the range of the record has the key, both as digits.
  private func covers(_ record: StoryRecord, _ key: String) -> Bool {
    guard let start = record.text(.startKey), start <= key else { return false }
    return record.text(.endKey).map { key < $0 } ?? true
  }
}

/// What one peer was worth to the node, for its story.
struct PeerService: Sendable {
  private(set) var outcomes: [String: Int] = [:]
  private(set) var bytes: UInt64 = 0
  private(set) var chunks: [StoryFate: (count: Int, bytes: UInt64)] = [:]

  mutating func add(_ record: StoryRecord) {
    let size = record.number(.bytes) ?? 0
    switch record.row.role {
    case .ends:
      outcomes[record.text(.outcome) ?? "", default: 0] += 1
      bytes = bytes.addingReportingOverflow(size).partialValue
    case .settles(let fate) where record.group == "chunk":
      let old = chunks[fate] ?? (0, 0)
      chunks[fate] = (old.count + 1, old.bytes.addingReportingOverflow(size).partialValue)
    default: break
    }
  }
}
