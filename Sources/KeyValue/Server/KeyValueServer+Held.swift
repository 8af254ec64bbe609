/// Replies that wait for a commit.
struct HeldBatch {
  let batch: UInt64
  var isCommitted: Bool
  let clients: [(client: ClientConnection, bytes: Int)]
  let taking: ((String?) -> Void)?
}

extension KeyValueServer {
  /// Batches whose replies wait for a commit.
  public var heldBatches: Int { held.count }

  /// Keeps the replies of the batch until it and all before it are committed.
  func hold(isCommitted: Bool) {
    var clients: [(client: ClientConnection, bytes: Int)] = []
    for client in touched where !client.isClosed {
      guard !client.isBroken else {
        close(client)
        continue
      }
      client.hold(UnsafeRawBufferPointer(rebasing: replies.bytes[client.replies]))
      clients.append((client, client.replies.count))
    }
    held.append(
      HeldBatch(batch: batch, isCommitted: isCommitted, clients: clients, taking: taking))
    taking = nil
  }

  /// All batches up to this one are safe: their replies go out. On the loop's thread.
  public func committed(through batch: UInt64) {
    for index in held.indices where held[index].batch <= batch { held[index].isCommitted = true }
    while let first = held.first, first.isCommitted {
      held.removeFirst()
      first.taking?(nil)
      for (client, bytes) in first.clients where !client.isClosed {
        core.statistics.sentBytes += UInt64(bytes)
        client.release(bytes)
        guard client.flush() != .failed else {
          close(client)
          continue
        }
        if !closeIfDone(client) { work(client) }
      }
    }
  }

  /// The batches that wait cannot be made safe: their clients are closed without replies, and
  /// writes are refused from now on. On the loop's thread.
  public func commitFailed(_ reason: String) {
    // The batch at which it failed may have told already.
    if core.writeRefusal != reason { tell(.commitFailed(reason)) }
    core.writeRefusal = reason
    let batches = held
    held = []
    for batch in batches {
      for (client, _) in batch.clients { close(client) }
      batch.taking?(reason)
    }
  }
}
