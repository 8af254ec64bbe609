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

  /// 0 if there are none; else 1, of each operation how many it has, and then each: its distance
  /// and its replica in one number, or, if it is very far, its replica and its counter.
  private func encode(
    causes table: BodyTable, _ numbers: [ReplicaID: Int], to encoder: inout WireEncoder
  ) {
    let hasCauses = operations.contains { !$0.causes.isEmpty }
    encoder.append(hasCauses)
    guard hasCauses else { return }
    for operation in operations { encoder.append(count: operation.causes.count) }
    var lasts = table.bases
    for operation in operations {
      for cause in operation.causes {
        guard let number = numbers[cause.replica] else { continue }
        let distance = lasts[number] &- cause.counter
        if distance < DeltaLimits.aheadMax {
          encoder.append((distance * UInt64(table.replicas.count) + UInt64(number)) << 1)
        } else {
          encoder.append(UInt64(number) << 1 | 1)
          encoder.append(cause.counter)
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
    let start = decoder.offset
    let hasCauses = try decoder.flag()
    var counts = [Int](repeating: 0, count: order.count)
    // As many as the operations of one delta can have, and no more.
    var left = DeltaLimits.deltaBytesMax / MemoryLayout<Dot>.stride + DeltaLimits.causesMax
    for place in order.indices where hasCauses {
      counts[place] = try decoder.count(limit: min(left, DeltaLimits.causesMax))
      left -= counts[place]
    }
    guard hasCauses == counts.contains(where: { $0 > 0 }) else {
      throw .invalidValue("no causes", at: start)
    }
    var heads: [(dot: Dot, causes: [Dot])] = []
    heads.reserveCapacity(order.count)
    var lasts = table.bases
    for (place, number) in order.enumerated() {
      let replica = Int(number)
      // Before it is counted up: only up to there the table says that there are numbers.
      guard lasts[replica] < table.end(of: replica) else { throw Self.otherNumbers(at: start) }
      let dot = Dot(table.replicas[replica], lasts[replica] + 1)
      var causes: [Dot] = []
      causes.reserveCapacity(counts[place])
      for _ in 0..<counts[place] {
        causes.append(
          try Self.cause(of: dot, after: causes.last, table, lasts, from: &decoder))
      }
      lasts[replica] += 1
      heads.append((dot, causes))
    }
    for place in 0..<table.own where lasts[place] != table.end(of: place) {
      throw Self.otherNumbers(at: start)
    }
    return heads
  }

  private static func otherNumbers(at offset: Int) -> WireError {
    .invalidValue("other numbers of operations than said", at: offset)
  }

  private static func cause(
    of dot: Dot, after last: Dot?, _ table: BodyTable, _ lasts: [UInt64],
    from decoder: inout WireDecoder
  ) throws(WireError) -> Dot {
    let start = decoder.offset
    let code = try decoder.uint64()
    let replicas = UInt64(table.replicas.count)
    let isFar = code & 1 == 1
    let number = isFar ? code >> 1 : (code >> 1) % replicas
    guard number < replicas else { throw .invalidValue("a cause of no replica", at: start) }
    let place = Int(number)
    let distance =
      isFar ? lasts[place] &- (try decoder.uint64()) : (code >> 1) / replicas
    let cause = Dot(table.replicas[place], lasts[place] &- distance)
    guard isFar == (distance >= DeltaLimits.aheadMax), cause.counter > 0,
      cause.replica != dot.replica, last.map({ $0.replica < cause.replica }) ?? true
    else { throw .invalidValue("no next cause", at: start) }
    return cause
  }
}
