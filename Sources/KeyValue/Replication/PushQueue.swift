/// What waits to be pushed to one peer: keys, each once however often it was written, and dead
/// records to be told.
package struct PushQueue {
  /// A key that waits.
  package struct Waiting: Hashable {
    package let key: [UInt8]
    /// All writes of this node up to these ticks were queued before it.
    package var before: UInt64
  }

  package enum Added: Hashable {
    case added
    /// The key waited already.
    case coalesced
    /// There is no room.
    case full
  }

  /// The first `head` places are empty; others are where a key was moved to the front.
  private var places: [Waiting?] = []
  private var head = 0
  /// The number of place 0: what was removed before.
  private var base = 0
  private var numbers: [[UInt8]: Int] = [:]
  private var keyBytes = 0
  package private(set) var dead: [DeadRecord] = []

  package init() {}

  /// Keys that wait.
  package var count: Int { numbers.count }
  package var isEmpty: Bool { numbers.isEmpty && dead.isEmpty }
  /// Writes of this node up to these ticks do not wait; nil if no key does.
  package var before: UInt64? { first?.before }

  private var first: Waiting? {
    var place = head
    while place < places.count {
      if let waiting = places[place] { return waiting }
      place += 1
    }
    return nil
  }

  /// Adds a key behind all others, unless it waits already.
  package mutating func add(_ key: [UInt8], before: UInt64) -> Added {
    if numbers[key] != nil { return .coalesced }
    guard count < KeyValueLimits.queuedKeysMax,
      keyBytes + key.count <= KeyValueLimits.queuedKeyBytesMax
    else { return .full }
    numbers[key] = base + places.count
    places.append(Waiting(key: key, before: before))
    keyBytes += key.count
    return .added
  }

  /// Adds a dead record. Those that find no room are found again by the next round.
  package mutating func add(dead record: DeadRecord) {
    guard dead.count < KeyValueLimits.queuedKeysMax else { return }
    dead.append(record)
  }

  /// Takes the first key.
  package mutating func next() -> Waiting? {
    while head < places.count {
      defer { head += 1 }
      guard let waiting = places[head] else { continue }
      places[head] = nil
      numbers[waiting.key] = nil
      keyBytes -= waiting.key.count
      compact()
      return waiting
    }
    return nil
  }

  package mutating func nextDead() -> DeadRecord? { dead.isEmpty ? nil : dead.removeLast() }

  /// Puts keys before all others that were not taken, in their order.
  package mutating func putBack(_ waiting: [Waiting]) {
    guard !waiting.isEmpty else { return }
    var all: [Waiting] = []
    var least = before ?? .max
    // Nothing before it may claim what it has not brought.
    for item in waiting { least = min(least, item.before) }
    for item in waiting {
      // A newer write of it waits: one push brings both.
      all.append(Waiting(key: item.key, before: least))
    }
    let front = Set(all.map(\.key))
    all += places[head...].compactMap { $0 }.filter { !front.contains($0.key) }
    places = all
    (head, base, keyBytes) = (0, 0, 0)
    numbers = [:]
    for (number, item) in all.enumerated() {
      numbers[item.key] = number
      keyBytes += item.key.count
    }
  }

  /// Drops all; gives how many keys that were.
  package mutating func clear() -> Int {
    let count = count
    self = PushQueue()
    return count
  }

  private mutating func compact() {
    guard head > 1_024, head > places.count / 2 else { return }
    places.removeFirst(head)
    base += head
    head = 0
  }
}
