import Primitives

/// The replicas of a context, which dots name by their number in the wire form.
struct ReplicaTable {
  private let context: CausalContext
  private let replicas: [ReplicaID]
  private var numbers: [ReplicaID: Int] = [:]

  init(_ context: CausalContext) {
    self.context = context
    replicas = context.replicas
    for (number, replica) in replicas.enumerated() { numbers[replica] = number }
  }

  /// Two varints: the number of the replica, and the counter.
  func encode(_ dot: Dot, to encoder: inout WireEncoder) {
    encoder.append(count: numbers[dot.replica] ?? replicas.count)
    encoder.append(dot.counter)
  }

  /// Refuses dots that the context does not know.
  func dot(from decoder: inout WireDecoder) throws(WireError) -> Dot {
    let start = decoder.offset
    let number = try decoder.uint64()
    let counter = try decoder.uint64()
    guard number < UInt64(replicas.count) else {
      throw .invalidValue("a dot of an unknown replica", at: start)
    }
    let dot = Dot(replicas[Int(number)], counter)
    guard context.contains(dot) else {
      throw .invalidValue("a dot outside the context", at: start)
    }
    return dot
  }
}
