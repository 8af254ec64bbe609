import Locking
import Networking
import Primitives

/// The room for answers on their way to a node and not taken by a queue yet.
///
/// A request claims room for the largest answer it may bring, as it came and decoded. If there is
/// none it waits until others have ended. Whoever waits longest comes first, but a peer that has
/// all it may have holds up nobody else.
package final class AnswerRoom: Sendable {
  private typealias Continuation = UnsafeContinuation<Bool, Never>

  private struct Waiter {
    let id: UInt64
    let bytes: Int
    let peer: PeerID
    let continuation: Continuation
  }

  private struct State {
    var budget: ByteBudget<PeerID>
    var waiters: [Waiter] = []
    var nextID: UInt64 = 0
  }

  private let state: Lock<State>

  package init(limits: ByteLimits = NetworkingLimits.answersBytes) {
    state = Lock(State(budget: ByteBudget(limits)))
  }

  /// Bytes claimed.
  package var bytes: Int { state.withLock { $0.budget.total } }

  /// Claims `bytes` of room for an answer; they are given back when the claim is let go.
  /// - Parameter mustWait: called if there is no room yet.
  package func claim(
    _ bytes: Int, of peer: PeerID, mustWait: () -> Void = {}
  ) async throws(RequestError) -> AnswerClaim {
    let (isFree, id): (Bool, UInt64) = state.withLock { state in
      let isFree = state.waiters.isEmpty && state.budget.admission(of: bytes, for: peer) == .fits
      if isFree { state.budget.charge(bytes, to: peer) }
      state.nextID += 1
      return (isFree, state.nextID)
    }
    guard !isFree else { return AnswerClaim(self, bytes: bytes, peer: peer) }
    mustWait()
    let isGranted = await withTaskCancellationHandler {
      await withUnsafeContinuation { (continuation: Continuation) in
        let isWaiting = state.withLock { state in
          guard !Task.isCancelled else { return false }
          state.waiters.append(
            Waiter(id: id, bytes: bytes, peer: peer, continuation: continuation))
          return true
        }
        if isWaiting { grant() } else { continuation.resume(returning: false) }
      }
    } onCancel: {
      let waiter: Waiter? = state.withLock { state in
        state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
      }
      waiter?.continuation.resume(returning: false)
      grant()
    }
    guard isGranted else { throw .cancelled }
    return AnswerClaim(self, bytes: bytes, peer: peer)
  }

  fileprivate func release(_ bytes: Int, of peer: PeerID) {
    state.withLock { $0.budget.release(bytes, of: peer) }
    grant()
  }

  /// Lets those who wait have what there is, in turn.
  private func grant() {
    let granted: [Continuation] = state.withLock { state in
      var granted: [Continuation] = []
      var index = 0
      while index < state.waiters.count {
        let waiter = state.waiters[index]
        switch state.budget.admission(of: waiter.bytes, for: waiter.peer) {
        case .fits:
          state.budget.charge(waiter.bytes, to: waiter.peer)
          granted.append(waiter.continuation)
          state.waiters.remove(at: index)
        case .refused(.perHolder): index += 1
        case .refused(.total), .makeRoom: return granted
        }
      }
      return granted
    }
    for continuation in granted { continuation.resume(returning: true) }
  }
}

/// Room that an answer takes until whoever waits for it has made something of it.
package final class AnswerClaim: Sendable {
  private let room: AnswerRoom
  private let bytes: Int
  private let peer: PeerID

  fileprivate init(_ room: AnswerRoom, bytes: Int, peer: PeerID) {
    (self.room, self.bytes, self.peer) = (room, bytes, peer)
  }

  deinit { room.release(bytes, of: peer) }
}

/// How large the answers of each type have been lately.
///
/// A little is asked for first, and a larger answer again with more room; so what is unusual costs
/// a second request, and what is usual does not take the room of the largest there can be.
package struct AnswerSizes: Sendable {
  private var latest: [RequestType: Int] = [:]

  package init() {}

  /// Most bytes to be expected of the answer to `request`.
  package func most<R: Request>(of request: R) -> Int {
    let limit = min(request.answerBytesMax ?? .max, R.type.responseBytesMax)
    let usual = latest[R.type] ?? 0
    if let expected = request.answerBytesExpected { return min(max(expected, usual), limit) }
    if request.answerBytesMax != nil { return limit }
    return min(max(NetworkingLimits.answerBytesFirst, 2 * usual), limit)
  }

  /// An answer of so many bytes came; larger ones before it are forgotten little by little.
  package mutating func add(_ bytes: Int, _ type: RequestType) {
    latest[type] = max(bytes, (latest[type] ?? 0) / 8 * 7)
  }
}
