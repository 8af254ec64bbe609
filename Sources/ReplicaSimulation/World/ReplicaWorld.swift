import Runtime
import Storage

/// Replicas of one kind in virtual time, with stores in memory and links that lose, repeat and
/// delay. One seed gives one course of events.
struct ReplicaWorld<Subject: ReplicaSubject> {
  typealias Node = Subject.Node

  /// A process and its machine.
  struct Machine {
    var disk: MemoryDisk
    var store: MemoryStore?
    /// Nil while the process is down.
    var node: Node?
    /// Processes so far: what was meant for another one is left out.
    var life = 0
    var random: RandomStream
    /// What the wall clock is ahead by, in milliseconds.
    var offset: Int64
    /// Events that wait for the end of a pause; nil if there is none.
    var paused: [WorldEvent]?
    var pauses = 0
    /// What was last seen to be stored here.
    var known = EventSet()
    var backup: (disk: MemoryDisk, known: EventSet)?
  }

  enum WorldEvent {
    case request(ReplicaPlan.Request)
    case strike(ReplicaPlan.Strike)
    case end(ReplicaPlan.Strike)
    case tick(Int, life: Int)
    case deliver([UInt8], from: Int, to: Int, sent: UInt64)
    case open(Int, life: Int)
    case resume(Int, pause: Int)
    case heal
    case check
  }

  let plan: ReplicaPlan
  var subject: Subject
  var queue = EventQueue<WorldEvent>()
  var trace = WorldTrace()
  var coverage = ReplicaCoverage()
  var failure: ReplicaFailure?
  var now = Moment.start
  var machines: [Machine] = []
  var network: RandomStream
  /// Cuts in force.
  var cuts: [ReplicaPlan.Strike] = []
  var isHealed = false
  /// Messages sent, and of each link the last one that came.
  var sent: UInt64 = 0
  var arrived: [Int: UInt64] = [:]
  /// Commands whose clients were told that they are done.
  var promised = EventSet()
  /// Commands that an old store has forgotten while no other replica had them.
  var excused = EventSet()
  var done = 0
  var refused = 0
  private var agreedSince: Moment?
  private var isOver = false

  /// The true time at the start, in milliseconds since 1970.
  private static var epoch: Int64 { 1_700_000_000_000 }
  /// How long replicas must go on agreeing, with what is still on its way.
  private static var rest: Duration { .seconds(6) }
  private static var owner: StoreOwner { StoreOwner(kind: "replica-simulation", version: 1) }

  init(_ plan: ReplicaPlan, _ subject: Subject) {
    self.plan = plan
    self.subject = subject
    network = RandomStream(seed: plan.seed, consumer: RandomConsumer(.network))
    // First, so that a fault at the start strikes the opening of a store.
    for strike in plan.strikes { queue.add(.strike(strike), at: at(strike.milliseconds)) }
    for number in 0..<plan.replicas {
      let random = RandomStream(
        seed: plan.seed, consumer: RandomConsumer(.identities, index: UInt32(number)))
      machines.append(
        Machine(
          disk: MemoryDisk(name: "replica \(number)"), random: random,
          offset: plan.offsets[number]))
      queue.add(.open(number, life: 0), at: .start)
    }
    for request in plan.requests { queue.add(.request(request), at: at(request.milliseconds)) }
    queue.add(.heal, at: at(plan.faultMilliseconds))
    let skew = (plan.offsets.max() ?? 0) - (plan.offsets.min() ?? 0)
    if skew >= 1_800_000 { coverage.add(.skew) }
  }

  private func at(_ milliseconds: Int64) -> Moment {
    Moment(nanoseconds: milliseconds * 1_000_000)
  }

  /// Runs to the end, or to the first failure.
  mutating func run() {
    while failure == nil, !isOver, let (moment, event) = queue.next() {
      now = moment
      handle(event)
      if trace.count > ReplicaSimulationLimits.worldEventsMax {
        fail(.init(.endless, "more than \(trace.count) events"))
      }
    }
  }

  mutating func fail(_ failure: ReplicaFailure) {
    if self.failure == nil { self.failure = failure }
  }

  private mutating func handle(_ event: WorldEvent) {
    if let number = replica(of: event), machines[number].paused != nil {
      machines[number].paused?.append(event)
      return
    }
    switch event {
    case .request(let request): ask(request)
    case .strike(let strike): begin(strike)
    case .end(let strike): cuts.removeAll { $0 == strike }
    case .tick(let number, let life): tick(number, life: life)
    case .deliver(let bytes, let from, let to, let sent):
      deliver(bytes, from: from, to: to, sent: sent)
    case .open(let number, let life): open(number, life: life)
    case .resume(let number, let pause): resume(number, pause: pause)
    case .heal: heal()
    case .check: check()
    }
  }

  /// Whose process takes part in an event, if it waits for the end of a pause.
  private func replica(of event: WorldEvent) -> Int? {
    switch event {
    case .tick(let number, _): number
    case .deliver(_, _, let to, _): to
    default: nil
    }
  }

  // MARK: Processes

  func moment(of number: Int) -> ReplicaMoment {
    let time = Self.epoch + now.nanoseconds / 1_000_000 + machines[number].offset
    return ReplicaMoment(
      milliseconds: UInt64(max(0, time)), monotonic: now, random: machines[number].random)
  }

  mutating func open(_ number: Int, life: Int) {
    guard machines[number].life == life, machines[number].node == nil else { return }
    var moment = moment(of: number)
    do throws(StorageError) {
      let store = try MemoryStore(on: machines[number].disk, owner: Self.owner)
      machines[number].store = store
      let place = ReplicaPlace(number: number, count: plan.replicas)
      let node = try Node(at: place, subject.settings, in: store, &moment)
      machines[number].random = moment.random
      machines[number].node = node
      machines[number].known = subject.known(to: node)
      trace.add(.replica(number, "opened"), at: now)
      perform(moment.actions, of: number)
      queue.add(.tick(number, life: life), at: now)
    } catch {
      machines[number].random = moment.random
      coverage.add(error == .closed ? .crashAtWrite : .failedWrite)
      if isHealed { fail(.init(.storage, "\(error)")) }
      down(number, for: 500, "failed to open: \(error.reason)")
    }
  }

  /// The process is gone, and is opened again after `milliseconds`.
  mutating func down(_ number: Int, for milliseconds: Int64, _ why: String) {
    trace.add(.replica(number, why), at: now)
    machines[number].store?.crash()
    machines[number].store = nil
    machines[number].node = nil
    machines[number].paused = nil
    machines[number].life += 1
    let wait = isHealed ? min(milliseconds, 500) : milliseconds
    queue.add(
      .open(number, life: machines[number].life), at: now.advanced(by: .milliseconds(wait)))
  }

  private mutating func tick(_ number: Int, life: Int) {
    guard machines[number].life == life, machines[number].node != nil else { return }
    let jitter = machines[number].random.below(100)
    queue.add(
      .tick(number, life: life), at: now.advanced(by: .milliseconds(450 + jitter)))
    step(number, .tick)
  }

  private mutating func ask(_ request: ReplicaPlan.Request) {
    let number = request.replica
    guard let node = machines[number].node, machines[number].paused == nil else { return }
    var random = RandomStream(
      seed: plan.seed, consumer: RandomConsumer(.workload, index: UInt32(request.number)))
    guard let command = subject.command(number: request.number, for: node, &random) else { return }
    trace.add(.command(request.number, to: number, "\(command)"), at: now)
    step(number, .command(command, number: request.number))
  }

  mutating func step(_ number: Int, _ input: ReplicaInput<Node.Command>) {
    guard var node = machines[number].node, let store = machines[number].store else { return }
    var moment = moment(of: number)
    do throws(StorageError) {
      try node.step(input, in: store, &moment)
      machines[number].random = moment.random
      machines[number].node = node
      machines[number].known = subject.known(to: node)
      perform(moment.actions, of: number)
      if let failure = subject.failure(at: node, among: machines.compactMap(\.node)) {
        fail(failure)
      }
    } catch {
      machines[number].random = moment.random
      if error == .closed {
        coverage.add(.crashAtWrite)
        down(number, for: 1_000, "crashed at a write")
      } else if isHealed {
        fail(.init(.storage, "\(error)"))
      } else {
        coverage.add(.failedWrite)
        trace.add(.replica(number, error.reason), at: now)
      }
    }
  }

  private mutating func perform(_ actions: [ReplicaAction], of number: Int) {
    for action in actions {
      switch action {
      case .send(let bytes, let to): send(bytes, from: number, to: to)
      case .done(let command):
        done += 1
        promised.insert(command)
        if let node = machines[number].node,
          let failure = subject.failure(after: command, at: node)
        {
          fail(failure)
        }
      case .refused(let command, let why):
        refused += 1
        trace.add(.replica(number, "command \(command) refused: \(why)"), at: now)
      case .happened(let fault): coverage.add(fault)
      case .note(let note):
        coverage.add(note)
        trace.add(.replica(number, note.rawValue), at: now)
      case .failed(let failure): fail(failure)
      }
    }
  }

  // MARK: The end

  private mutating func heal() {
    isHealed = true
    cuts = []
    trace.add(.fault("all end"), at: now)
    for number in machines.indices {
      machines[number].disk.faults = .none
      resume(number, pause: machines[number].pauses)
      if machines[number].node == nil { open(number, life: machines[number].life) }
    }
    queue.add(.check, at: now.advanced(by: .milliseconds(100)))
  }

  private mutating func check() {
    let nodes = machines.compactMap(\.node)
    let difference =
      nodes.count < machines.count ? "a replica is down" : subject.difference(nodes)
    if difference != nil {
      agreedSince = nil
    } else if agreedSince == nil {
      agreedSince = now
    }
    if let agreedSince, agreedSince.duration(to: now) >= Self.rest {
      isOver = true
      let promised = promised.subtracting(excused)
      if let failure = subject.failure(of: nodes, promised: promised) { fail(failure) }
      return
    }
    let limit = at(plan.faultMilliseconds + subject.convergenceMilliseconds)
    if let difference, now > limit {
      fail(.init(.notConverged, difference))
      return
    }
    queue.add(.check, at: now.advanced(by: .milliseconds(250)))
  }
}
