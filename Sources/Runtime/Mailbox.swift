import Locking
import Synchronization

/// A bounded inbox: many may offer, one task reads it as an asynchronous sequence.
///
/// A full mailbox refuses the newcomer; reporting the loss is up to whoever offered. Reading ends
/// after `finish()` once the rest is read, or at once when the reading task is cancelled.
public final class Mailbox<Element: Sendable>: Sendable {
  @usableFromInline
  struct State {
    @usableFromInline var buffer: [Element] = []
    @usableFromInline var head = 0
    @usableFromInline var waiter: UnsafeContinuation<Element?, Never>?
    @usableFromInline var finished = false

    @inlinable var count: Int { buffer.count - head }

    @inlinable
    mutating func popFirst() -> Element? {
      guard head < buffer.count else { return nil }
      let element = buffer[head]
      head += 1
      // Move the rest down only when at least half of the array is spent: amortised constant.
      if head * 2 >= buffer.count {
        buffer.removeFirst(head)
        head = 0
      }
      return element
    }
  }

  /// What to do after the state has been changed.
  @usableFromInline
  enum Arrival {
    /// Somebody was waiting for it.
    case hand(UnsafeContinuation<Element?, Never>)
    case buffered
    case refused
  }

  /// Most elements that wait at one time.
  public let capacity: Int
  @usableFromInline let state = Lock(State())

  /// - Parameter capacity: most elements that wait at one time, at least 1.
  public init(capacity: Int) {
    precondition(capacity > 0, "a mailbox of capacity \(capacity) takes nothing")
    self.capacity = capacity
  }

  /// Elements that wait to be read.
  @inlinable
  public var count: Int { state.withLock { $0.count } }

  /// Puts `element` at the end; false if the mailbox is full or finished and it was dropped.
  @discardableResult @inlinable
  public func offer(_ element: Element) -> Bool {
    let arrival: Arrival = state.withLock { state in
      if state.finished { return .refused }
      if let waiter = state.waiter.take() { return .hand(waiter) }
      if state.count >= capacity { return .refused }
      state.buffer.append(element)
      return .buffered
    }
    switch arrival {
    case .hand(let waiter): waiter.resume(returning: element)
    case .buffered: break
    case .refused: return false
    }
    return true
  }

  /// Takes no more elements; the reader gets what is left and then the end.
  public func finish() {
    let waiter = state.withLock { state in
      state.finished = true
      return state.waiter.take()
    }
    waiter?.resume(returning: nil)
  }

  /// Takes the first element if one is there, without waiting.
  @inlinable
  public func poll() -> Element? {
    state.withLock { $0.popFirst() }
  }

  /// Waits for the next element; nil when finished and empty, or when the task is cancelled.
  @inlinable
  public func next(isolation: isolated (any Actor)? = #isolation) async -> Element? {
    if let element = poll() { return element }
    return await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        let answer: Element?? = state.withLock { state in
          if let element = state.popFirst() { return .some(element) }
          if state.finished || Task.isCancelled { return .some(nil) }
          precondition(state.waiter == nil, "a mailbox has one reader, and a second one waits")
          state.waiter = continuation
          return nil
        }
        if let answer { continuation.resume(returning: answer) }
      }
    } onCancel: {
      // If nobody waits yet, the waiter-to-be sees `Task.isCancelled` under the same lock.
      state.withLock { $0.waiter.take() }?.resume(returning: nil)
    }
  }
}

extension Mailbox: AsyncSequence {
  /// Reads a mailbox; all iterators share what is in it.
  public struct Iterator: AsyncIteratorProtocol {
    @usableFromInline let mailbox: Mailbox

    @inlinable
    public func next(isolation actor: isolated (any Actor)?) async -> Element? {
      await mailbox.next(isolation: actor)
    }

    public func next() async -> Element? {
      await mailbox.next()
    }
  }

  public func makeAsyncIterator() -> Iterator {
    Iterator(mailbox: self)
  }
}
