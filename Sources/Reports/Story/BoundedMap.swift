/// A dictionary that forgets the oldest keys, so that no log makes it larger than its limit.
struct BoundedMap<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private let limit: Int
  private var values: [Key: Value] = [:]
  private var order: [Key] = []
  private var first = 0

  init(limit: Int) {
    self.limit = limit
  }

  subscript(key: Key) -> Value? {
    get { values[key] }
    set {
      guard let newValue else {
        // The key stays in the order until it is the oldest, and counts until then.
        values[key] = nil
        return
      }
      if values.updateValue(newValue, forKey: key) != nil { return }
      order.append(key)
      while order.count - first > limit {
        values[order[first]] = nil
        first += 1
      }
      if first > limit {
        order.removeFirst(first)
        first = 0
      }
    }
  }
}
