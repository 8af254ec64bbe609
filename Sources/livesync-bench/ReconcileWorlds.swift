import Foundation
import Primitives
import Reconciliation
import Runtime

/// Makes pairs of sets and lets every strategy find their difference, once each, and notes what
/// it sent and how long it computed.
struct ReconcileWorlds {
  /// What is not sent: a message has so many bytes more than what the strategy put in it.
  static let envelopeBytes = 32

  let seed: UInt64

  /// One set, whose records are changed in part for the other side.
  struct Base {
    let records: [Record]
    let merkle: MerkleRecords
    let ids: [RecordID]
    let ranges: NegentropyList
  }

  func base(_ count: Int) -> Base {
    var random = SplitMix64(state: seed ^ UInt64(count))
    let records = (0..<count).compactMap { index in
      record(index, version: UInt64(index) * 1_000, &random)
    }
    return Base(
      records: records, merkle: MerkleRecords(RecordTable(records)), ids: records.map(\.id),
      ranges: NegentropyList(records.map { NegentropyItem($0) }))
  }

  private func record(_ index: Int, version: UInt64, _ random: inout SplitMix64) -> Record? {
    var encoder = WireEncoder()
    encoder.append(RecordID(high: random.next(), low: UInt64(index)))
    let digest = Hash256(words: (random.next(), random.next(), random.next(), random.next()))
    return Record(key: encoder.bytes, version: version, digest: digest, size: 100)
  }

  /// A pair that differs in `difference` records: half are older versions on this side, half
  /// newer ones on the other.
  func world(
    _ base: Base, difference: Int, _ clustering: RecordedWorld.Clustering
  ) throws -> RecordedWorld {
    let count = base.records.count
    let (mine, theirs) = ((difference + 1) / 2, difference / 2)
    // One record more is only here if the number is odd.
    let changed = places(mine, of: count, clustering)
    var remote = base.merkle
    var (remoteIDs, removed) = ([RecordID](), Set(changed))
    var items: [NegentropyItem] = []
    for (number, place) in changed.enumerated() {
      let old = base.records[place]
      guard number < theirs,
        let new = Record(
          key: old.key, version: old.version + 1, digest: old.digest, size: old.size)
      else {
        remote.remove(old.key)
        continue
      }
      remote.set(new)
      remoteIDs.append(new.id)
      items.append(NegentropyItem(new))
    }
    let kept = (0..<count).filter { !removed.contains($0) }
    let allIDs = remoteIDs + kept.map { base.ids[$0] }
    let ranges = NegentropyList(items + kept.map { base.ranges.item(at: $0) })
    removed = []
    var world = RecordedWorld(
      localCount: count, remoteCount: allIDs.count, difference: difference,
      clustering: clustering)
    let missing = remoteIDs
    let extra = changed.map { base.ids[$0] }
    try record(&world, missing: missing, extra: extra, base, allIDs)
    try base.merkle.settled { local in
      try remote.settled { remote in
        world.transcripts[StrategyID.merkle.rawValue] = try transcript(
          MerkleComparison(local), MerkleResponder(remote), difference)
      }
    }
    world.transcripts[StrategyID.ranges.rawValue] = try transcript(
      RangeComparison(base.ranges), RangeResponder(ranges), difference)
    world.look = try look(base.ranges, ranges)
    world.transcripts[StrategyID.full.rawValue] = try transcript(
      FullComparison(
        base.merkle, lanes: ReconciliationLimits.sessionRequestsMax,
        frameBytes: ReconciliationLimits.frameBytesMax),
      FullResponder(remote), difference)
    let salt = SipKey(low: seed, high: 2)
    do {
      world.transcripts[StrategyID.table.rawValue] = try transcript(
        TableComparison(SortedIDs(base.ids), salt: salt), TableResponder(SortedIDs(allIDs)),
        difference)
    } catch let error as ReconciliationError where error.kind == .limitReached {
      // More differ than a table may have cells for.
    }
    return world
  }

  /// Which records are changed.
  private func places(
    _ number: Int, of count: Int, _ clustering: RecordedWorld.Clustering
  ) -> ArraySlice<Int> {
    var random = SplitMix64(state: seed &+ UInt64(number) &* 77 &+ UInt64(count))
    var places = Array(0..<count)
    switch clustering {
    case .scattered:
      for place in 0..<number {
        places.swapAt(place, place + Int(random.next() % UInt64(count - place)))
      }
      return places.prefix(number)
    case .newest: return places.suffix(number)
    case .middle:
      let start = Int(random.next() % UInt64(count - number + 1))
      return places[start..<start + number]
    case .runs:
      // One run in each quarter.
      let quarter = count / 4
      places = (0..<4).flatMap { run -> Range<Int> in
        let length = number * (run + 1) / 4 - number * run / 4
        let start = quarter * run + Int(random.next() % UInt64(quarter - length + 1))
        return start..<start + length
      }
      return places[...]
    }
  }

  /// A look at the parts of the first message: what it takes if it is not answered beyond that.
  private func look(
    _ local: NegentropyList, _ remote: NegentropyList
  ) throws -> RecordedWorld.Look? {
    var best: RecordedWorld.Look?
    for _ in 0..<Self.repeats {
      var start = BenchClock.nanoseconds
      var initiator = RangeComparison(local)
      let request = initiator.nextRequest()?.body ?? []
      let localNs = BenchClock.nanoseconds - start
      start = BenchClock.nanoseconds
      guard let seen = try RangeResponder(remote).look(request) else { return nil }
      let remoteNs = BenchClock.nanoseconds - start
      let flight = StrategyTranscript.Flight(
        upBytes: request.count + Self.envelopeBytes, downBytes: Self.envelopeBytes,
        localNs: min(localNs, best?.flight.localNs ?? .max),
        remoteNs: min(remoteNs, best?.flight.remoteNs ?? .max))
      best = .init(seen: seen, flight: flight)
    }
    return best
  }

  /// Rateless: the symbols it takes, what the first ones tell, and the real comparison.
  private func record(
    _ world: inout RecordedWorld, missing: [RecordID], extra: [RecordID], _ base: Base,
    _ remoteIDs: [RecordID]
  ) throws {
    let length = 64 + 2 * world.difference
    let (theirs, ours) = (
      SymbolPrefix(length: length, of: missing), SymbolPrefix(length: length, of: extra)
    )
    var decoder = SymbolDecoder<RecordID>(checksumBytes: 4)
    var end = 0
    while !decoder.isComplete, end < length {
      let next = min(length, end + max(1, end / 64))
      try decoder.append(remote: Array(theirs.symbols[end..<next]), local: ours.symbols[end..<next])
      end = next
      if end >= 8, let difference = decoder.estimatedDifferences {
        world.told.append(.init(symbols: end, difference: difference))
      }
    }
    guard decoder.isComplete else { throw BenchmarkError("\(length) symbols are not enough") }
    world.symbolsNeeded = end
    let local = SymbolPrefix(length: length, of: base.ids)
    let remote = SymbolPrefix(length: length, of: remoteIDs)
    // Just the symbols that it takes, in one flight if one holds them.
    let root = ((0.7225 + 5.4 * Double(end)).squareRoot() - 0.85) / 2.7
    let options = SketchOptions(
      requestsMax: ReconciliationLimits.sketchRequestsMax,
      expectedDifferences: end > 1 ? root * root : 1)
    let responder = SketchResponder(SortedIDs(remoteIDs), prefix: remote)
    let comparison = SketchComparison(SortedIDs(base.ids), prefix: local, options: options)
    world.transcripts[StrategyID.rateless.rawValue] = try transcript(
      comparison, responder, world.difference)
    let filters = BloomOptions(
      items: 1 << 17, rate: 0.01,
      sketch: SketchOptions(
        requestsMax: ReconciliationLimits.sketchRequestsMax,
        expectedDifferences: Double(world.difference) / 50))
    world.transcripts[StrategyID.bloom.rawValue] = try transcript(
      BloomComparison(
        SortedIDs(base.ids), prefix: local, salt: SipKey(low: seed, high: 1), options: filters),
      BloomResponder(SortedIDs(remoteIDs), symbols: responder, rate: 0.01), world.difference)
    let first = SymbolBatch(
      itemCount: remote.itemCount, stamp: 0, symbols: Array(remote.symbols[..<end]))
    world.symbolBytes = Double(first.encoded(from: 0, checksumBytes: 4).count) / Double(end)
  }

  private func transcript(
    _ initiator: some ComparisonInitiator, _ responder: some ComparisonResponder,
    _ difference: Int
  ) throws -> StrategyTranscript {
    var best: StrategyTranscript?
    for _ in 0..<Self.repeats {
      let next = try once(initiator, responder, difference)
      best = best.map { $0.least(next) } ?? next
      if next.cost.localNs + next.cost.remoteNs > Self.repeatedNs { break }
    }
    return best ?? StrategyTranscript(flights: [])
  }

  /// What takes less is measured so many times, since it is disturbed more.
  private static let repeats = 4
  private static let repeatedNs = 30e6

  /// Runs a comparison, all requests of a time in one flight.
  private func once(
    _ initiator: some ComparisonInitiator, _ responder: some ComparisonResponder,
    _ difference: Int
  ) throws -> StrategyTranscript {
    var initiator = initiator
    var flights: [StrategyTranscript.Flight] = []
    while !initiator.isComplete {
      var flight = StrategyTranscript.Flight()
      var requests: [ComparisonRequest] = []
      var start = BenchClock.nanoseconds
      while let request = initiator.nextRequest() { requests.append(request) }
      flight.localNs += BenchClock.nanoseconds - start
      guard !requests.isEmpty else { throw BenchmarkError("a comparison stands still") }
      start = BenchClock.nanoseconds
      let answers = try requests.map { try responder.answer($0.body) }
      flight.remoteNs += BenchClock.nanoseconds - start
      start = BenchClock.nanoseconds
      for (request, answer) in zip(requests, answers) where !initiator.isComplete {
        try initiator.receive(answer, to: request.number)
      }
      flight.localNs += BenchClock.nanoseconds - start
      flight.upBytes = requests.reduce(0) { $0 + $1.body.count + Self.envelopeBytes }
      flight.downBytes = answers.reduce(0) { $0 + $1.count + Self.envelopeBytes }
      flights.append(flight)
    }
    guard initiator.difference.count == difference else {
      throw BenchmarkError("\(initiator.difference.count) of \(difference) were found")
    }
    return StrategyTranscript(flights: flights)
  }
}

extension StrategyTranscript {
  /// The smaller times of two runs of the same.
  func least(_ other: StrategyTranscript) -> StrategyTranscript {
    var result = self
    for (place, flight) in zip(flights, other.flights).enumerated() {
      result.flights[place].localNs = min(flight.0.localNs, flight.1.localNs)
      result.flights[place].remoteNs = min(flight.0.remoteNs, flight.1.remoteNs)
    }
    return result
  }
}

extension MerkleRecords {
  /// Itself with all hashes at hand.
  func settled<Output>(_ body: (MerkleRecords) throws -> Output) throws -> Output {
    var copy = self
    try copy.settleHashes()
    return try body(copy)
  }
}

/// Processor time of this thread.
enum BenchClock {
  static var nanoseconds: Int {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}
