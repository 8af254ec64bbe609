/// Names a timer of a simulated runtime, for cancelling it.
public struct TimerTicket: Hashable, Sendable {
  let slot: Int
  let sequence: UInt64
}

/// The timers of a simulation in the order they fall due; equal moments in the order of creation.
///
/// A binary heap over slots: cancelling empties the slot and leaves a dead heap entry, which is
/// skipped when it comes up and swept when there are too many.
struct TimerQueue {
  /// What a timer does when it falls due.
  enum Action {
    /// Announced by a sleeper that has no continuation yet.
    case reserved
    /// Wakes a sleeper: true = time reached, false = cancelled.
    case resume(UnsafeContinuation<Bool, Never>)
    /// Calls back on the simulation's thread.
    case call(() -> Void)
  }

  private struct Entry {
    var moment: Moment
    var sequence: UInt64
    var slot: Int

    func isBefore(_ other: Entry) -> Bool {
      moment == other.moment ? sequence < other.sequence : moment < other.moment
    }
  }

  private struct Slot {
    var sequence: UInt64
    var action: Action
  }

  private var heap: [Entry] = []
  private var slots: [Slot?] = []
  private var freeSlots: [Int] = []
  private var sequence: UInt64 = 0

  /// Timers that will fire or are reserved.
  var count: Int { slots.count - freeSlots.count }

  /// Whether the timer is reserved or armed, and neither fired nor cancelled.
  func isPending(_ ticket: TimerTicket) -> Bool {
    ticket.slot < slots.count && slots[ticket.slot]?.sequence == ticket.sequence
  }

  /// Takes a slot without arming it, so that it can be cancelled before it is armed.
  mutating func reserve() -> TimerTicket {
    sequence += 1
    let slot = Slot(sequence: sequence, action: .reserved)
    if let free = freeSlots.popLast() {
      slots[free] = slot
      return TimerTicket(slot: free, sequence: sequence)
    }
    slots.append(slot)
    return TimerTicket(slot: slots.count - 1, sequence: sequence)
  }

  /// Arms a reserved timer; false if it was cancelled meanwhile.
  mutating func arm(_ ticket: TimerTicket, at moment: Moment, _ action: Action) -> Bool {
    guard isPending(ticket) else { return false }
    slots[ticket.slot]?.action = action
    heap.append(Entry(moment: moment, sequence: ticket.sequence, slot: ticket.slot))
    siftUp(heap.count - 1)
    return true
  }

  /// Removes a timer and gives back what it would have done; nil if it fired or was cancelled.
  mutating func cancel(_ ticket: TimerTicket) -> Action? {
    guard isPending(ticket), let slot = slots[ticket.slot] else { return nil }
    slots[ticket.slot] = nil
    freeSlots.append(ticket.slot)
    if heap.count > 2 * count + RuntimeLimits.deadTimersMax { sweep() }
    return slot.action
  }

  /// When the next timer falls due.
  mutating func nextMoment() -> Moment? {
    while let first = heap.first {
      if slots[first.slot]?.sequence == first.sequence { return first.moment }
      removeFirst()
    }
    return nil
  }

  /// Takes out the next timer if it is due at `now`.
  mutating func popDue(at now: Moment) -> Action? {
    guard let moment = nextMoment(), moment <= now else { return nil }
    let slot = heap[0].slot
    let action = slots[slot]?.action
    slots[slot] = nil
    freeSlots.append(slot)
    removeFirst()
    return action
  }

  /// Takes out all timers, in no order that matters: their sleepers only get cancelled.
  mutating func removeAll() -> [Action] {
    defer { self = TimerQueue(continuing: sequence) }
    return slots.compactMap { $0?.action }
  }

  init() {}

  private init(continuing sequence: UInt64) {
    self.sequence = sequence
  }

  private mutating func sweep() {
    heap.removeAll { slots[$0.slot]?.sequence != $0.sequence }
    for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(index) }
  }

  private mutating func removeFirst() {
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      siftDown(0)
    }
  }

  private mutating func siftUp(_ start: Int) {
    var child = start
    let entry = heap[child]
    while child > 0 {
      let parent = (child - 1) / 2
      guard entry.isBefore(heap[parent]) else { break }
      heap[child] = heap[parent]
      child = parent
    }
    heap[child] = entry
  }

  private mutating func siftDown(_ start: Int) {
    var parent = start
    let entry = heap[parent]
    while true {
      var child = 2 * parent + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1].isBefore(heap[child]) { child += 1 }
      guard heap[child].isBefore(entry) else { break }
      heap[parent] = heap[child]
      parent = child
    }
    heap[parent] = entry
  }
}
