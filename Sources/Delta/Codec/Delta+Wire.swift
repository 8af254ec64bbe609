import CRDT
import Primitives

/// The body of a delta: what describes the operations, column by column, then their bytes one after
/// another, so that zstd finds like beside like. Counters cost nothing, since they follow each
/// other; causes are told by their distance from what came before.
extension Delta: WireCodable {
  public func encode(to encoder: inout WireEncoder) { _ = encodeBody(to: &encoder) }

  /// - Returns: where the operations' bytes begin.
  func encodeBody(to encoder: inout WireEncoder) -> Int {
    let table = BodyTable(self)
    let numbers = Dictionary(
      uniqueKeysWithValues: table.replicas.enumerated().map { ($0.element, $0.offset) })
    table.encode(to: &encoder)
    if table.own > 1 {
      encoder.append(runs: operations.map { UInt64(numbers[$0.dot.replica] ?? 0) })
    }
    encoder.append(runs: operations.map { UInt64($0.kind) })
    for operation in operations { encoder.append(count: operation.bytes.count) }
    encode(causes: table, numbers, to: &encoder)
    let start = encoder.bytes.count
    for operation in operations { encoder.append(raw: operation.bytes) }
    return start
  }

  private func encode(
    causes table: BodyTable, _ numbers: [ReplicaID: Int], to encoder: inout WireEncoder
  ) {
    var lasts = table.bases
    encoder.append(count: operations.reduce(0) { $0 + ($1.causes.isEmpty ? 0 : 1) })
    var without = 0
    for operation in operations {
      if operation.causes.isEmpty {
        without += 1
      } else {
        encoder.append(count: without)
        without = 0
        encoder.append(count: operation.causes.count)
        for cause in operation.causes {
          guard let number = numbers[cause.replica] else { continue }
          encoder.append(count: number)
          encoder.append(lasts[number] &- cause.counter)
        }
      }
      if let number = numbers[operation.dot.replica] { lasts[number] = operation.dot.counter }
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let table = try BodyTable(from: &decoder)
    let total = table.total
    let start = decoder.offset
    var order = [UInt64](repeating: 0, count: table.own > 1 ? 0 : total)
    if table.own > 1 { order = try decoder.runs(total, below: UInt64(table.own), "replica") }
    let kinds = try decoder.runs(total, below: 256, "kind")
    var sizes: [Int] = []
    sizes.reserveCapacity(total)
    for _ in 0..<total {
      sizes.append(try decoder.count(limit: DeltaLimits.operationBytesMax))
    }
    let headed = try Self.heads(order, table, from: &decoder)
    var operations: [LoggedOperation] = []
    operations.reserveCapacity(total)
    for (place, head) in headed.enumerated() {
      operations.append(
        LoggedOperation(
          dot: head.dot, kind: UInt8(kinds[place]), causes: head.causes,
          bytes: Array(try decoder.raw(sizes[place]))))
    }
    self.init(operations)
    guard BodyTable.named(by: operations, beside: to) == table.others else {
      throw .invalidValue("replicas that causes name", at: start)
    }
  }

  /// Dot and causes of each operation.
  private static func heads(
    _ order: [UInt64], _ table: BodyTable, from decoder: inout WireDecoder
  ) throws(WireError) -> [(dot: Dot, causes: [Dot])] {
    var heads: [(dot: Dot, causes: [Dot])] = []
    heads.reserveCapacity(order.count)
    var lasts = table.bases
    var left = table.counts
    let start = decoder.offset
    var rest = try decoder.count(elementBytes: 4, limit: order.count)
    // As many as the operations of one delta can have, and no more.
    var causesLeft = DeltaLimits.deltaBytesMax / MemoryLayout<Dot>.stride + DeltaLimits.causesMax
    var without = rest > 0 ? try decoder.uint64() : .max
    for number in order {
      let place = Int(number)
      guard left[place] > 0 else { throw .invalidValue("more operations than said", at: start) }
      left[place] -= 1
      let dot = Dot(table.replicas[place], lasts[place] + 1)
      var causes: [Dot] = []
      if without == 0 {
        causes = try Self.causes(of: dot, table, lasts, &causesLeft, from: &decoder)
        rest -= 1
        without = rest > 0 ? try decoder.uint64() : .max
      } else {
        without -= 1
      }
      lasts[place] += 1
      heads.append((dot, causes))
    }
    guard rest == 0 else { throw .invalidValue("causes of no operation", at: start) }
    return heads
  }

  private static func causes(
    of dot: Dot, _ table: BodyTable, _ lasts: [UInt64], _ causesLeft: inout Int,
    from decoder: inout WireDecoder
  ) throws(WireError) -> [Dot] {
    let start = decoder.offset
    let limit = min(causesLeft, DeltaLimits.causesMax)
    let count = try decoder.count(elementBytes: 2, limit: limit)
    guard count > 0 else { throw .invalidValue("no causes", at: start) }
    causesLeft -= count
    var causes: [Dot] = []
    causes.reserveCapacity(count)
    for _ in 0..<count {
      let start = decoder.offset
      let number = try decoder.uint64()
      guard number < UInt64(table.replicas.count) else {
        throw .invalidValue("a cause of no replica", at: start)
      }
      let place = Int(number)
      let counter = lasts[place] &- (try decoder.uint64())
      let cause = Dot(table.replicas[place], counter)
      guard counter > 0, cause.replica != dot.replica,
        causes.last.map({ $0.replica < cause.replica }) ?? true
      else { throw .invalidValue("no next cause", at: start) }
      causes.append(cause)
    }
    return causes
  }
}
