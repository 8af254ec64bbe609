import Primitives
import Reconciliation
import TestSupport

extension FuzzTarget {
  /// Requests and answers of comparisons by sketches.
  static let sketches: [FuzzTarget] = [sketchRequest, sketchAnswer]

  private static let (few, others) = {
    var generator = SeededGenerator(seed: 5)
    let ids = (0..<24).map { _ in RecordID(high: generator.next(), low: generator.next()) }
    return (Array(ids[..<20]), Array(ids[6...]))
  }()
  private static let salt = SipKey(low: 1, high: 2)

  private static func sketch() -> SketchComparison<SortedIDs> {
    SketchComparison(
      SortedIDs(few), prefix: SymbolPrefix(length: 8, of: few),
      options: SketchOptions(symbolsMax: 500, checksumBytes: 8))
  }

  private static func table() -> TableComparison<SortedIDs> {
    TableComparison(SortedIDs(few), salt: salt)
  }

  private static func bloom() -> BloomComparison<SortedIDs>? {
    try? BloomComparison(
      SortedIDs(few), prefix: SymbolPrefix(length: 8, of: few), salt: salt,
      options: BloomOptions(items: 8, sketch: SketchOptions(symbolsMax: 500)))
  }

  private static func responders() -> [any ComparisonResponder] {
    let ids = SortedIDs(others)
    let symbols = SketchResponder(
      ids, prefix: SymbolPrefix(length: 8, of: others), symbolsMax: 4_000)
    return [symbols, TableResponder(ids), BloomResponder(ids, symbols: symbols)]
  }

  /// The requests of an honest comparison and their answers.
  private static func dialogue(
    _ initiator: some ComparisonInitiator, _ responder: any ComparisonResponder
  ) -> [(request: [UInt8], answer: [UInt8])] {
    var initiator = initiator
    var dialogue: [(request: [UInt8], answer: [UInt8])] = []
    while let request = initiator.nextRequest(),
      let answer = try? responder.answer(request.body)
    {
      dialogue.append((request.body, answer))
      guard (try? initiator.receive(answer, to: request.number)) != nil else { break }
    }
    return dialogue
  }

  private static func dialogues() -> [[(request: [UInt8], answer: [UInt8])]] {
    let responders = responders()
    return [
      dialogue(sketch(), responders[0]), dialogue(table(), responders[1]),
      bloom().map { dialogue($0, responders[2]) } ?? [],
    ]
  }

  /// A request to each responder, the first byte says which: an answer or a typed error.
  private static let sketchRequest = FuzzTarget(
    "sketch-request",
    seeds: {
      dialogues().enumerated().flatMap { place, dialogue in
        dialogue.map { [UInt8(place)] + $0.request }
      }
    },
    check: { input in
      let responders = responders()
      let responder = responders[Int(input.first ?? 0) % responders.count]
      do throws(ReconciliationError) {
        _ = try responder.answer(Array(input.dropFirst()))
      } catch {
        try demand(error.kind != .contradiction, "a request is a contradiction")
      }
    })

  /// Answers to an initiator, each after its length in two bytes; the first byte says to which.
  /// Whatever they are, no id is on both sides, and nothing goes on after an error.
  private static let sketchAnswer = FuzzTarget(
    "sketch-answer",
    seeds: {
      dialogues().enumerated().map { place, dialogue in
        dialogue.reduce(into: [UInt8(place)]) { bytes, pair in
          let count = pair.answer.count
          bytes += [UInt8(count & 255), UInt8(count >> 8 & 255)] + pair.answer
        }
      }
    },
    check: { input in
      let rest = Array(input.dropFirst())
      switch (input.first ?? 0) % 3 {
      case 0: try play(rest, to: sketch())
      case 1: try play(rest, to: table())
      default: if let bloom = bloom() { try play(rest, to: bloom) }
      }
    })

  private static func play(_ input: [UInt8], to initiator: some ComparisonInitiator) throws {
    var (initiator, rest) = (initiator, input[...])
    while let request = initiator.nextRequest(), rest.count >= 2 {
      let count = Int(rest[rest.startIndex]) | Int(rest[rest.startIndex + 1]) << 8
      rest = rest.dropFirst(2)
      let answer = Array(rest.prefix(count))
      rest = rest.dropFirst(count)
      do throws(ReconciliationError) {
        try initiator.receive(answer, to: request.number)
      } catch {
        try demand(initiator.nextRequest() == nil, "a comparison goes on after \(error)")
        return
      }
    }
    let difference = initiator.difference
    try demand(
      difference.missing.isDisjoint(with: difference.extra), "an id is missing and extra")
  }
}
