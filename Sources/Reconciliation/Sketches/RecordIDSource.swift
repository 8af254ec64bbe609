/// The ids of all records of one side, which do not change while a comparison lasts.
public protocol RecordIDSource: Sendable {
  /// How many there are.
  var count: Int { get }
  /// Hands all ids whose first eight bytes lie in `range` to `body`, some at a time, in any order.
  func visit(
    in range: ClosedRange<UInt64>, _ body: ([RecordID]) -> Void
  ) throws(ReconciliationError)
}

extension RecordIDSource {
  /// Hands all ids to `body`, some at a time.
  public func visit(_ body: ([RecordID]) -> Void) throws(ReconciliationError) {
    try visit(in: 0...(.max), body)
  }
}

/// Ids in memory: 16 bytes each.
public struct SortedIDs: RecordIDSource {
  private let ids: [RecordID]

  /// - Parameter ids: each once, in any order.
  public init(_ ids: some Sequence<RecordID>) {
    self.ids = ids.sorted()
  }

  public var count: Int { ids.count }

  public func visit(
    in range: ClosedRange<UInt64>, _ body: ([RecordID]) -> Void
  ) throws(ReconciliationError) {
    guard range != 0...(.max) else { return body(ids) }
    let (start, end) = (place { $0.high < range.lowerBound }, place { $0.high <= range.upperBound })
    if start < end { body(Array(ids[start..<end])) }
  }

  /// The first place where `isBefore` does not hold.
  private func place(_ isBefore: (RecordID) -> Bool) -> Int {
    var (low, high) = (0, ids.count)
    while low < high {
      let middle = (low + high) / 2
      if isBefore(ids[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
