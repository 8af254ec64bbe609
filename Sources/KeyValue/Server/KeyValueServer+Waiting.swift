import RESP
import Runtime

/// A client that waits for replicas.
struct WaitingClient {
  let client: ClientConnection
  let replicas: Int64
  var timer: TimerTicket?
}

extension KeyValueServer {
  /// Has a client wait until replicas have its writes, or answers at once.
  func wait(_ client: ClientConnection, replicas: Int64, milliseconds: Int64) {
    let count = acknowledged(client)
    // A node that can have no replicas would keep it for ever, and within a transaction all
    // requests are executed in one batch.
    guard count < replicas, replication != nil, client.session.run == nil else {
      return replies.integer(count)
    }
    var waiter = WaitingClient(client: client, replicas: replicas)
    if milliseconds > 0 {
      let time = Duration.milliseconds(min(milliseconds, KeyValueLimits.waitMillisecondsMax))
      waiter.timer = runtime.schedule(at: runtime.now.advanced(by: time)) {
        [weak self, weak client] in
        guard let self, let client, !client.isClosed else { return }
        endWait(client, acknowledged(client))
      }
    }
    client.isBlocked = true
    waiters[client.session.id] = waiter
  }

  /// How many replicas have a client's writes, or, if it wrote nothing, all of this node so far.
  private func acknowledged(_ client: ClientConnection) -> Int64 {
    let own = client.session.lastWrite
    return Int64(replication?.acknowledged(max(1, own == 0 ? lastWrite : own)) ?? 0)
  }

  /// Replicas may have more writes than before: whoever waits for that goes on. On the loop's
  /// thread.
  package func replicasAdvanced() {
    guard !waiters.isEmpty, !isLookingAtWaits else { return }
    isLookingAtWaits = true
    // In another batch than the one in which somebody began to wait.
    runtime.soon { [weak self] in self?.lookAtWaits() }
  }

  private func lookAtWaits() {
    isLookingAtWaits = false
    var isEarly = false
    for (_, waiter) in waiters.sorted(by: { $0.key < $1.key }) {
      let count = acknowledged(waiter.client)
      guard count >= waiter.replicas else { continue }
      if isBatchOpen, waiter.client.batch == batch {
        isEarly = true
      } else {
        endWait(waiter.client, count)
      }
    }
    if isEarly { replicasAdvanced() }
  }

  private func endWait(_ client: ClientConnection, _ count: Int64) {
    goOn(client) { replies.integer(count) }
  }

  /// Answers a client that waits; it waits no longer.
  func goOn(_ client: ClientConnection, _ answer: () -> Void) {
    forgetWait(client)
    openBatch()
    let start = replies.count
    replies.version = client.session.version
    answer()
    client.batch = batch
    client.replies = start..<replies.count
    touched.append(client)
    if client.hasMore || client.input.count > 0 { finishLater(client) }
  }

  /// A client does not wait any longer.
  func forgetWait(_ client: ClientConnection) {
    if let waiter = waiters.removeValue(forKey: client.session.id) {
      if let timer = waiter.timer { runtime.cancel(timer) }
      client.isBlocked = false
    } else if let place = repairing.firstIndex(where: { $0 === client }) {
      repairing.remove(at: place)
      client.isBlocked = false
    }
  }

  /// A client that waits has ended its side of the connection: it may still read, but not for
  /// ever.
  func endOfBlocked(_ client: ClientConnection) {
    guard let waiter = waiters[client.session.id], waiter.timer == nil else { return }
    close(client)
  }
}
