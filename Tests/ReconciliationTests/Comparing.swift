import Reconciliation
import TestSupport
import Testing

/// What a comparison cost.
struct ComparisonCost {
  var flights = 0
  var requests = 0
  var bytesOut = 0
  var bytesIn = 0

  var bytes: Int { bytesOut + bytesIn }
}

/// Runs a comparison to its end: all requests of a flight, then all their answers, in an order
/// drawn from `order`. `change` may replace answers.
@discardableResult
func run(
  _ initiator: inout some ComparisonInitiator, against responder: some ComparisonResponder,
  order: UInt64 = 0, flightsMax: Int = 10_000,
  change: (ComparisonRequest, [UInt8]) -> [UInt8] = { $1 }
) throws -> ComparisonCost {
  var cost = ComparisonCost()
  var generator = SeededGenerator(seed: order)
  while true {
    var flight: [ComparisonRequest] = []
    while let request = initiator.nextRequest() { flight.append(request) }
    guard !flight.isEmpty else { return cost }
    cost.flights += 1
    try #require(cost.flights <= flightsMax, "a comparison that does not end")
    flight.shuffle(using: &generator)
    for request in flight {
      let answer = change(request, try responder.answer(request.body))
      cost.requests += 1
      cost.bytesOut += request.body.count
      cost.bytesIn += answer.count
      try initiator.receive(answer, to: request.number)
    }
  }
}

/// The difference of two sets as set arithmetic has it.
func plainDifference(_ own: RecordTable, _ other: RecordTable) -> RecordDifference {
  let (own, other) = (
    Set(own.records(from: [], limit: .max).map(\.id)),
    Set(other.records(from: [], limit: .max).map(\.id))
  )
  return RecordDifference(missing: other.subtracting(own), extra: own.subtracting(other))
}

/// Two sets with much in common: `count` records, of which some are changed, added and removed on
/// either side.
func replicas(
  _ count: Int, changed: Int, alone: Int, seed: UInt64
) -> (RecordTable, RecordTable) {
  var generator = SeededGenerator(seed: seed)
  func record(_ key: Int, _ version: UInt64) -> Record {
    let bytes = (0..<4).map { UInt8(key >> (8 * $0) & 255) }
    return Record(key: bytes, version: version, value: [UInt8(key & 1)])!
  }
  var own = RecordTable((0..<count).map { record($0, 1) })
  var other = own
  for _ in 0..<changed {
    let new = record(generator.below(max(1, count)), 2 + UInt64(generator.below(3)))
    if generator.chance(50) { own.set(new) } else { other.set(new) }
  }
  for index in 0..<alone {
    let new = record(count + index, 1)
    switch generator.below(4) {
    case 0: own.set(new)
    case 1: other.set(new)
    case 2: own.remove(record(generator.below(max(1, count)), 1).key)
    default: other.remove(record(generator.below(max(1, count)), 1).key)
    }
  }
  return (own, other)
}
