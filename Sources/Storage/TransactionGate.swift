import CLMDB

/// Lets snapshots in at any time, one transaction at a time, and somebody who must be alone (to
/// move the map, to close) when all of them have left.
///
/// It knows the threads inside: one that holds a snapshot may enter again even while somebody waits
/// to be alone, so that nobody waits for himself.
final class TransactionGate: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>
  /// How often each thread is inside. Guarded by the mutex, like what follows.
  private var inside: [pthread_t: Int] = [:]
  private var writer: pthread_t?
  private var waitingToBeAlone = 0
  private var isAlone = false

  init() {
    mutex = .allocate(capacity: 1)
    changed = .allocate(capacity: 1)
    let status = (pthread_mutex_init(mutex, nil), pthread_cond_init(changed, nil))
    precondition(status == (0, 0), "no mutex and condition: \(status)")
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// Lets a snapshot in.
  func enterToRead() {
    locked { enter(pthread_self()) }
  }

  func leaveAfterReading() {
    locked { leave(pthread_self()) }
  }

  /// Lets a transaction in when there is no other; refuses a thread that has one.
  func enterToWrite() throws(StorageError) {
    let isNested = locked {
      let thread = pthread_self()
      guard writer != thread else { return true }
      enter(thread)
      while writer != nil { pthread_cond_wait(changed, mutex) }
      writer = thread
      return false
    }
    if isNested { throw .nestedWrite }
  }

  func leaveAfterWriting() {
    locked {
      writer = nil
      leave(pthread_self())
    }
  }

  /// True while somebody waits to be alone.
  var isWaitedFor: Bool { locked { waitingToBeAlone > 0 } }

  /// Runs `body` while nobody else is inside; false if this thread itself is.
  func alone(_ body: () -> Void) -> Bool {
    let isInside = locked {
      guard inside[pthread_self()] == nil else { return true }
      waitingToBeAlone += 1
      while isAlone || !inside.isEmpty { pthread_cond_wait(changed, mutex) }
      waitingToBeAlone -= 1
      isAlone = true
      return false
    }
    if isInside { return false }
    body()
    locked {
      isAlone = false
      pthread_cond_broadcast(changed)
    }
    return true
  }

  private func enter(_ thread: pthread_t) {
    while inside[thread] == nil, isAlone || waitingToBeAlone > 0 {
      pthread_cond_wait(changed, mutex)
    }
    inside[thread, default: 0] += 1
  }

  private func leave(_ thread: pthread_t) {
    let count = inside[thread, default: 0]
    precondition(count > 0, "a thread leaves that never entered: \(inside)")
    inside[thread] = count == 1 ? nil : count - 1
    pthread_cond_broadcast(changed)
  }

  private func locked<Output>(_ body: () -> Output) -> Output {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }
}
