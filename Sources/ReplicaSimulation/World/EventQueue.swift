import Runtime

/// What is to happen in a world, in the order of time; at one time, in the order of its coming in.
/// A binary heap.
struct EventQueue<Event> {
  private struct Entry {
    let moment: Moment
    let sequence: UInt64
    let event: Event

    func isBefore(_ other: Entry) -> Bool {
      moment == other.moment ? sequence < other.sequence : moment < other.moment
    }
  }

  private var heap: [Entry] = []
  private var sequence: UInt64 = 0

  mutating func add(_ event: Event, at moment: Moment) {
    sequence += 1
    heap.append(Entry(moment: moment, sequence: sequence, event: event))
    var child = heap.count - 1
    while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func next() -> (Moment, Event)? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink()
    }
    return (first.moment, first.event)
  }

  private mutating func sink() {
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && heap[child].isBefore(heap[least]) {
        least = child
      }
      if least == parent { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
