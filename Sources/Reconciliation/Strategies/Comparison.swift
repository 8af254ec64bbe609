/// The side of a comparison that asks: a value that gives requests and takes answers, whatever the
/// strategy. The other side holds nothing between two requests (`ComparisonResponder`).
///
/// Requests may be under way several at a time, as many as `nextRequest` gives; each is named by
/// its number, and answers may come in any order. A comparison that threw is at its end.
public protocol ComparisonInitiator: Sendable {
  /// The next request, nil if there is none until more answers came.
  mutating func nextRequest() -> ComparisonRequest?
  /// Takes the answer to a request that it gave.
  mutating func receive(_ answer: [UInt8], to number: UInt32) throws(ReconciliationError)
  /// What is known of the difference so far.
  var difference: RecordDifference { get }
  /// Whether the difference is whole. It is what the other side said, so the roots are compared
  /// once more when both have exchanged what they lack.
  var isComplete: Bool { get }
}

/// A request of a comparison.
public struct ComparisonRequest: Sendable, Hashable {
  /// Names it among those of its comparison; 0, 1, 2 and so on.
  public let number: UInt32
  /// What the other side gets.
  public let body: [UInt8]

  public init(number: UInt32, body: [UInt8]) {
    self.number = number
    self.body = body
  }
}

/// The side of a comparison that answers, from one immutable view of its records.
public protocol ComparisonResponder: Sendable {
  /// The answer to a request.
  func answer(_ request: [UInt8]) throws(ReconciliationError) -> [UInt8]
  /// Records that are gone through for the answer to a request beyond those that it has room for;
  /// 0 of a request that cannot be read.
  func recordsPassed(by request: [UInt8]) -> Int
}

extension ComparisonResponder {
  public func recordsPassed(by request: [UInt8]) -> Int { 0 }
}
