import Primitives

extension TextDelta {
  /// The byte 12, the replicas that occur (varint count, 8 bytes each, ascending), and, with
  /// varints throughout: the count of insertions, and of each the replica's number, first counter,
  /// length, counters left out before the first, left and right neighbour (0, or the replica's
  /// number + 1 and the counter), 0 for deleted or 1 and the text; the count of deletions, and of
  /// each the replica's number, first counter and length less 1.
  public func encode(to encoder: inout WireEncoder) {
    let replicas = used
    var numbers: [ReplicaID: Int] = [:]
    for (number, replica) in replicas.enumerated() { numbers[replica] = number }
    func number(of replica: ReplicaID) -> Int { numbers[replica] ?? 0 }
    func append(_ dot: Dot?) {
      encoder.append(count: dot.map { number(of: $0.replica) + 1 } ?? 0)
      if let dot { encoder.append(dot.counter) }
    }
    encoder.append(byte: ReplicatedKind.textDelta.rawValue)
    encoder.append(count: replicas.count)
    for replica in replicas { encoder.append(replica) }
    encoder.append(count: insertions.count)
    for insertion in insertions {
      encoder.append(count: number(of: insertion.first.replica))
      encoder.append(insertion.first.counter)
      encoder.append(count: insertion.length)
      encoder.append(insertion.first.counter - 1 - insertion.previous)
      append(insertion.left)
      append(insertion.right)
      encoder.append(optional: insertion.text)
    }
    encoder.append(count: deletions.count)
    for deletion in deletions {
      encoder.append(count: number(of: deletion.replica))
      encoder.append(deletion.counters.lowerBound)
      encoder.append(deletion.counters.upperBound - deletion.counters.lowerBound)
    }
  }

  /// The replicas that occur, ascending.
  private var used: [ReplicaID] {
    var used: Set<ReplicaID> = []
    for insertion in insertions {
      used.insert(insertion.first.replica)
      if let left = insertion.left { used.insert(left.replica) }
      if let right = insertion.right { used.insert(right.replica) }
    }
    for deletion in deletions { used.insert(deletion.replica) }
    return used.sorted()
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    try decoder.kind(.textDelta)
    let replicas = try RGAText.replicas(from: &decoder)
    let count = try decoder.count(elementBytes: 7, limit: CRDTLimits.textRunsMax)
    for _ in 0..<count {
      insertions.append(try Self.insertion(replicas, from: &decoder))
    }
    let deletionCount = try decoder.count(elementBytes: 3, limit: CRDTLimits.textRunsMax)
    for _ in 0..<deletionCount {
      let first = try Self.dot(replicas, number: decoder.number(below: replicas.count), &decoder)
      let offset = decoder.offset
      let more = try decoder.uint64()
      guard more <= UInt64(UInt32.max) - first.counter else {
        throw .invalidValue("a counter is not within 32 bits", at: offset)
      }
      deletions.append(DotRange(first.replica, first.counter...first.counter + more))
    }
    guard used == replicas else { throw .invalidValue("a replica does not occur", at: start) }
  }

  private static func dot(
    _ replicas: [ReplicaID], number: Int, _ decoder: inout WireDecoder
  ) throws(WireError) -> Dot {
    let start = decoder.offset
    let counter = try decoder.uint64()
    guard counter > 0, counter <= UInt64(UInt32.max) else {
      throw .invalidValue("a counter is not within 32 bits", at: start)
    }
    return Dot(replicas[number], counter)
  }

  private static func neighbour(
    _ replicas: [ReplicaID], _ decoder: inout WireDecoder
  ) throws(WireError) -> Dot? {
    let number = try decoder.number(below: replicas.count + 1)
    return number == 0 ? nil : try dot(replicas, number: number - 1, &decoder)
  }

  private static func insertion(
    _ replicas: [ReplicaID], from decoder: inout WireDecoder
  ) throws(WireError) -> TextInsertion {
    let start = decoder.offset
    let first = try dot(replicas, number: decoder.number(below: replicas.count), &decoder)
    let length = try decoder.uint64()
    let skipped = try decoder.uint64()
    guard length > 0, length <= UInt64(CRDTLimits.textCharactersMax), skipped < first.counter
    else { throw .invalidValue("counters do not fit", at: start) }
    let left = try neighbour(replicas, &decoder)
    let right = try neighbour(replicas, &decoder)
    let textOffset = decoder.offset
    let text = try decoder.optionalBytes()
    if let text {
      let characters = String(validating: text, as: UTF8.self)?.unicodeScalars.count
      guard characters == Int(length) else {
        throw .invalidValue("the text does not have its length", at: textOffset)
      }
    }
    return TextInsertion(
      first: first, length: Int(length), previous: first.counter - 1 - skipped, left: left,
      right: right, text: text)
  }
}
