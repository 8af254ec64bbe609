/// Nodes that wait to be asked for, by kind of request and depth. The deepest come first, so that
/// few wait even if the trees differ everywhere.
struct NodeQueue<Query: Sendable>: Sendable {
  /// By kind, then depth.
  private var waiting: [[[Query]]]
  private(set) var count = 0

  init(kinds: Int) {
    waiting = Array(
      repeating: Array(repeating: [], count: HashedPosition.nibbleCount + 1), count: kinds)
  }

  mutating func add(_ task: Query, kind: Int, depth: Int) {
    waiting[kind][depth].append(task)
    count += 1
  }

  /// Takes out tasks of one kind and depth: at most `tasksMax`, and no more than have together the
  /// weight `weightMax`, but one in any case.
  mutating func take(
    tasksMax: Int, weightMax: Int, weight: (Query) -> Int
  ) -> (kind: Int, tasks: [Query])? {
    for depth in (0...HashedPosition.nibbleCount).reversed() {
      for kind in waiting.indices where !waiting[kind][depth].isEmpty {
        var taken: [Query] = []
        var rest = weightMax
        while taken.count < tasksMax, let next = waiting[kind][depth].last {
          rest -= weight(next)
          if rest < 0, !taken.isEmpty { break }
          taken.append(next)
          waiting[kind][depth].removeLast()
        }
        count -= taken.count
        return (kind, taken)
      }
    }
    return nil
  }
}
