/// A value for each of some replicas, in their order: nearly always there are few, among which one
/// is found faster than by a hash.
struct ReplicaMap<Value: Sendable & Hashable>: Sendable, Hashable {
  private(set) var replicas: [ReplicaID] = []
  /// In the order of `replicas`.
  private(set) var values: [Value] = []

  var count: Int { replicas.count }
  var isEmpty: Bool { replicas.isEmpty }

  subscript(replica: ReplicaID) -> Value? { index(of: replica).map { values[$0] } }

  /// The place of a replica, nil if it is not here.
  func index(of replica: ReplicaID) -> Int? {
    let index = lowerBound(of: replica)
    return index < replicas.count && replicas[index] == replica ? index : nil
  }

  private func lowerBound(of replica: ReplicaID) -> Int {
    var (low, high) = (0, replicas.count)
    while low < high {
      let middle = (low + high) / 2
      if replicas[middle] < replica { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Changes the value of a replica, which is `value` before if there is none.
  mutating func update(
    _ replica: ReplicaID, default value: @autoclosure () -> Value, _ change: (inout Value) -> Void
  ) {
    let index = lowerBound(of: replica)
    if index == replicas.count || replicas[index] != replica {
      replicas.insert(replica, at: index)
      values.insert(value(), at: index)
    }
    change(&values[index])
  }
}
