import Runtime

/// What is checked of each history.
package enum Law: String, CaseIterable, Sendable {
  case commutative
  case associative
  /// Twice, and beside what has it already; the first value changes nothing.
  case idempotent
  /// A delta does what its change did, alone, within groups, and cut into pieces.
  case deltas = "delta = full"
  /// Deltas in any order, some twice, what was lost at last.
  case orders = "every order"
  /// What is seen at every moment is what a plain model of the semantics says.
  case model = "as its model"
  /// What is written is read as the same.
  case wire = "wire form"
}

/// A law that a history breaks.
package struct LawFailure: Error, Sendable {
  package let law: Law
  /// What was found.
  package let detail: String
}

/// A history of a few replicas that change a value apart and talk over a bad network, and what must
/// hold of it.
package struct LawHistory<Subject: LawSubject>: Sendable {
  /// What happens next. Numbers are taken modulo what there is.
  package enum Step: Sendable {
    /// A replica changes its value.
    case change(Int, Subject.Operation)
    /// One change comes to a replica, if that has all that its author knew.
    case deliver(Int, to: Int)
    /// The second replica gets the whole value of the first.
    case send(Int, to: Int)
  }

  static var replicas: Int { 3 }

  package let seed: UInt64
  package var steps: [Step]
  /// A planted fault: two replicas have one id.
  package var sharesID = false

  package init(seed: UInt64) {
    self.seed = seed
    var generator = RandomStream(seed: seed)
    steps = (0..<4 + generator.below(14)).map { _ in
      switch generator.below(10) {
      case 0..<6: .change(generator.below(Self.replicas), Subject.random(&generator))
      case 6..<8: .deliver(generator.below(100), to: generator.below(Self.replicas))
      default: .send(generator.below(Self.replicas), to: generator.below(Self.replicas))
      }
    }
  }

  private struct Replica {
    var value = Subject()
    var clock: HybridClock
    var seen: Set<Int> = []
  }

  /// What is wrong with the history; nil if every law holds.
  package func failure() -> LawFailure? {
    do {
      try check()
      return nil
    } catch let failure as LawFailure {
      return failure
    } catch {
      return LawFailure(law: .deltas, detail: "refused: \(error)")
    }
  }

  private func check() throws {
    var world = World(self)
    for step in steps { try world.run(step) }
    try world.checkLaws()
    try world.checkEveryOrder()
  }

  private struct World {
    let history: LawHistory
    var replicas: [Replica]
    var events: [LawEvent<Subject.Operation>] = []
    var deltas: [Subject.Delta] = []
    var generator: RandomStream

    init(_ history: LawHistory) {
      self.history = history
      generator = RandomStream(seed: history.seed &+ 1)
      replicas = (0..<LawHistory.replicas).map { number in
        let id = history.sharesID ? min(1, number) : number
        return Replica(
          clock: HybridClock(replica: ReplicaID(UInt64(7 + id)), aheadMax: 4 * 3_600_000))
      }
    }

    func demand(
      _ condition: Bool, _ law: Law, _ detail: @autoclosure () -> String
    ) throws {
      if !condition { throw LawFailure(law: law, detail: detail()) }
    }

    /// Clocks are up to two hours apart, and jump.
    mutating func wall() -> UInt64 { 10_000_000 + UInt64(generator.below(7_200_000)) }

    mutating func run(_ step: Step) throws {
      switch step {
      case .change(let number, let operation): try change(number, operation)
      case .deliver(let index, let number):
        guard !deltas.isEmpty else { return }
        let index = index % deltas.count
        guard replicas[number].seen.isSuperset(of: events[index].seen) else { return }
        try replicas[number].clock.observe(events[index].time, at: wall())
        try replicas[number].value.merge(delta: deltas[index])
        replicas[number].seen.insert(index)
      case .send(let from, let to):
        for index in replicas[from].seen.sorted() {
          try replicas[to].clock.observe(events[index].time, at: wall())
        }
        try replicas[to].value.merge(replicas[from].value)
        replicas[to].seen.formUnion(replicas[from].seen)
      }
      for number in replicas.indices { try checkValue(of: number) }
    }

    private mutating func change(_ number: Int, _ operation: Subject.Operation) throws {
      let before = replicas[number].value
      let operation = before.fitted(operation)
      let time = try replicas[number].clock.now(at: wall())
      for seen in replicas[number].seen {
        try demand(events[seen].time < time, .model, "a later time is smaller")
      }
      let stamp = Stamp(dot: before.nextDot(of: time.replica), time: time)
      let delta = try replicas[number].value.apply(operation, at: stamp)
      var again = before
      try again.merge(delta: delta)
      try demand(
        again == replicas[number].value, .deltas, "a delta does not do what its change did")
      events.append(
        LawEvent(
          index: events.count, replica: number, operation: operation, time: time,
          seen: replicas[number].seen))
      deltas.append(delta)
      replicas[number].seen.insert(events.count - 1)
    }

    func checkValue(of number: Int) throws {
      let known = events.filter { replicas[number].seen.contains($0.index) }
      let expected = Subject.expected(known)
      let value = replicas[number].value.value
      try demand(value == expected, .model, "replica \(number) shows \(value), not \(expected)")
    }

    mutating func checkLaws() throws {
      let (a, b, c) = (replicas[0].value, replicas[1].value, replicas[2].value)
      func merged(_ values: Subject...) throws -> Subject {
        var result = values[0]
        for value in values.dropFirst() { try result.merge(value) }
        return result
      }
      try demand(try merged(a, b) == merged(b, a), .commutative, "not commutative")
      try demand(
        try merged(merged(a, b), c) == merged(a, merged(b, c)), .associative, "not associative")
      try demand(
        try merged(a, a) == a && merged(a, b, a) == merged(a, b), .idempotent, "not idempotent")
      for value in [a, b, c] {
        try demand(
          try merged(Subject(), value) == value, .idempotent, "the first value is not neutral")
        let bytes = value.wireBytes
        try demand(try Subject(wireBytes: bytes) == value, .wire, "the wire form is another value")
      }
      for delta in deltas {
        let bytes = delta.wireBytes
        let read = try Subject.Delta(wireBytes: bytes)
        try demand(read.wireBytes == bytes, .wire, "the wire form of a delta is another one")
      }
    }

    /// Everything that was lost comes at last, in any order, some of it twice.
    mutating func checkEveryOrder() throws {
      let expected = Subject.expected(events)
      var full = Subject()
      for replica in replicas { try full.merge(replica.value) }
      try demand(
        full.value == expected, .model, "the full merge shows \(full.value), not \(expected)")
      for _ in 0..<3 {
        var order = deltas
        for _ in 0..<deltas.count / 2 { order.append(deltas[generator.below(deltas.count)]) }
        order.shuffle(using: &generator)
        var late = Subject()
        try late.absorb(order)
        try demand(late == full, .orders, "deltas in another order give another value")
      }
      // Deltas together are a delta, too.
      var groups: [Subject.Delta] = []
      for delta in deltas {
        if let last = groups.last, generator.chance(perMillion: 600_000) {
          let isFirst = generator.chance(perMillion: 500_000)
          groups[groups.count - 1] =
            try isFirst ? Subject.join(last, delta) : Subject.join(delta, last)
        } else {
          groups.append(delta)
        }
      }
      groups.shuffle(using: &generator)
      var grouped = Subject()
      try grouped.absorb(groups)
      try demand(grouped == full, .deltas, "deltas in groups give another value")
      var pieces = full.decomposed()
      pieces.shuffle(using: &generator)
      var put = Subject()
      try put.absorb(pieces)
      try demand(put == full, .deltas, "the pieces give another value")
      for var replica in replicas {
        try replica.value.absorb(pieces)
        try demand(replica.value == full, .deltas, "the pieces do not complete a value")
      }
    }
  }

  /// The history without what is not needed for it to fail.
  package func shrunk() -> LawHistory {
    var history = self
    var size = max(1, steps.count / 2)
    while size > 0 {
      var start = 0
      while start < history.steps.count {
        var smaller = history
        smaller.steps.removeSubrange(start..<min(start + size, smaller.steps.count))
        if smaller.failure() != nil { history = smaller } else { start += size }
      }
      size /= 2
    }
    return history
  }
}
