import Primitives

extension NegentropyItem {
  /// A record as ranges see it. Its version is its timestamp, so what was changed lately lies
  /// together; the one version that stands for infinity counts as the one below. Its id is all of
  /// BLAKE2b-256 of its wire form, which begins with the record's own id: sums of 32-byte hashes
  /// are harder to hit than those of 16 bytes.
  public init(_ record: Record) {
    timestamp = min(record.version, Self.timestampMax)
    id = Blake2b256.hash(record.wireBytes)
  }
}

/// Finds the difference of two sets of records by ranges: fingerprints of sixteen parts at a time,
/// and lists of ids where parts of few records differ. One request at a time; requests and answers
/// are negentropy messages.
public struct RangeComparison<Storage: NegentropyStorage>: ComparisonInitiator {
  private enum State: Sendable {
    case ready([UInt8])
    case waiting
    case complete
    case failed
  }

  private var initiator: NegentropyInitiator<Storage>
  private var state: State
  private var number: UInt32 = 0
  public private(set) var difference = RecordDifference()

  /// - Parameter storage: the items of all records of this side, which do not change meanwhile.
  public init(_ storage: Storage, frame: NegentropyFrame = .unlimited) {
    self.init(NegentropyInitiator(storage, frame: frame))
  }

  /// With an initiator that has not begun, for other limits.
  public init(_ initiator: NegentropyInitiator<Storage>) {
    self.initiator = initiator
    state = .ready(initiator.begin())
  }

  public var isComplete: Bool {
    if case .complete = state { true } else { false }
  }

  public mutating func nextRequest() -> ComparisonRequest? {
    guard case .ready(let message) = state else { return nil }
    state = .waiting
    return ComparisonRequest(number: number, body: message)
  }

  public mutating func receive(
    _ answer: [UInt8], to number: UInt32
  ) throws(ReconciliationError) {
    guard case .waiting = state, number == self.number else {
      throw .malformed("an answer to request \(number), for which none is awaited")
    }
    state = .failed
    let step = try initiator.receive(answer)
    for id in step.have { difference.extra.insert(RecordID(id)) }
    for id in step.need { difference.missing.insert(RecordID(id)) }
    guard let message = step.message else {
      state = .complete
      return
    }
    self.number += 1
    state = .ready(message)
  }
}

/// The side that answers a `RangeComparison`.
public struct RangeResponder<Storage: NegentropyStorage>: ComparisonResponder {
  let server: NegentropyServer<Storage>

  /// - Parameter storage: the items of all records of this side.
  public init(_ storage: Storage, frame: NegentropyFrame = .unlimited) {
    server = NegentropyServer(storage, frame: frame)
  }

  public func answer(_ request: [UInt8]) throws(ReconciliationError) -> [UInt8] {
    try server.answer(request)
  }
}
