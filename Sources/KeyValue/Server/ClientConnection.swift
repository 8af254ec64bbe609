import Glibc
import RESP
import Runtime

/// Bytes of replies that all clients of a server have in memory.
package final class WaitingReplies {
  package fileprivate(set) var bytes = 0

  package init() {}
}

/// A connection of a client. Touched on the loop's thread only.
///
/// `@exclusivity(unchecked)`: see `KeyValueServer`.
package final class ClientConnection {
  let descriptor: Int32
  var ticket: WatchTicket?
  @exclusivity(unchecked) var session: ClientSession
  @exclusivity(unchecked) var parser = RequestParser()
  /// What came and is not executed yet.
  @exclusivity(unchecked) var input = InputBuffer()
  /// Replies that wait; the first `sent` bytes are gone, those from `released` on wait for a
  /// commit.
  @exclusivity(unchecked) private var output: [UInt8] = []
  @exclusivity(unchecked) private var sent = 0
  @exclusivity(unchecked) private var released = 0
  private let total: WaitingReplies
  /// Bytes of it that the total has.
  @exclusivity(unchecked) private var counted = 0

  /// The last batch that executed something of it, and where its replies are in that batch's.
  @exclusivity(unchecked) var batch: UInt64 = 0
  @exclusivity(unchecked) var replies: Range<Int> = 0..<0
  /// It is among those that go on in the next batch.
  @exclusivity(unchecked) var isUnfinished = false
  /// Something may be there to read.
  @exclusivity(unchecked) var hasMore = false
  /// The other end sends no more than what is there to read.
  @exclusivity(unchecked) var isEnding = false
  /// It is closed behind its replies, and nothing of it is executed any more.
  @exclusivity(unchecked) var isClosing = false
  /// It waits for replicas: nothing of it is executed.
  @exclusivity(unchecked) var isBlocked = false
  /// The connection failed: nothing can be sent any more.
  @exclusivity(unchecked) var isBroken = false
  @exclusivity(unchecked) var isClosed = false

  package init(descriptor: Int32, session: ClientSession, total: WaitingReplies = .init()) {
    self.descriptor = descriptor
    self.session = session
    self.total = total
  }

  /// Bytes of replies that wait.
  package var waitingBytes: Int { output.count - sent }
  /// Bytes of replies in memory, with those that are gone.
  package var keptBytes: Int { output.count }
  /// Whether requests wait until replies were read.
  var isStalled: Bool { waitingBytes > KeyValueLimits.waitingReplyBytes }

  package enum Sending { case all, some, failed }

  /// Sends bytes behind those that wait.
  package func send(_ bytes: UnsafeRawBufferPointer) -> Sending {
    defer { count() }
    guard output.isEmpty else {
      output.append(contentsOf: bytes)
      released = output.count
      return flush()
    }
    var rest = bytes
    while !rest.isEmpty {
      let count = Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
      if count >= 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      } else if errno == EAGAIN {
        output.append(contentsOf: rest)
        released = output.count
        return .some
      } else if errno != EINTR {
        return .failed
      }
    }
    return .all
  }

  /// Keeps bytes until `release`.
  func hold(_ bytes: UnsafeRawBufferPointer) {
    output.append(contentsOf: bytes)
    count()
  }

  /// Forgets all replies.
  func dropReplies() {
    output = []
    (sent, released) = (0, 0)
    count()
  }

  @inline(__always)
  private func count() {
    guard counted != output.count else { return }
    total.bytes += output.count - counted
    counted = output.count
  }

  /// Lets the next `bytes` bytes go.
  func release(_ bytes: Int) { released += bytes }

  /// Sends of what waits as much as may go and there is room for.
  package func flush() -> Sending {
    defer {
      forgetSent()
      count()
    }
    while sent < released {
      let count = output[sent..<released].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count >= 0 {
        sent += count
      } else if errno == EAGAIN {
        return .some
      } else if errno != EINTR {
        return .failed
      }
    }
    guard sent == output.count else { return .some }
    output = []
    (sent, released) = (0, 0)
    return .all
  }

  /// Frees what is gone, when it is most: a client that always leaves something unread must not
  /// make the server keep all it ever got. Moves fewer bytes than were sent.
  private func forgetSent() {
    guard sent > KeyValueLimits.sentBytesKept, sent > output.count / 2 else { return }
    output.removeFirst(sent)
    released -= sent
    sent = 0
  }
}
