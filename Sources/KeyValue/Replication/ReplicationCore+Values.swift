import Networking
import Primitives
import Runtime

/// A large value that is fetched in slices.
struct Fetch {
  let peer: NodeIdentity
  let value: LargeValue
  /// What came of it.
  var bytes: [UInt8] = []
  /// Attempts at the slice at hand.
  var attempts = 0
  /// The pushes that wait for it, and the places in them.
  var waiters: [(arrival: UInt64, place: UInt32)]

  var isWhole: Bool { bytes.count == Int(value.size) }
  var effect: KeyValueEffect {
    .set(
      key: value.key, kind: value.kind, value: bytes, version: value.version,
      expiry: value.expiry)
  }
}

/// Large values: a push only names them, and whoever lacks one fetches it in slices. No value is
/// larger than what a message may have, so none can keep a push from ever being taken.
extension ReplicationCore {
  /// A push names a large value.
  mutating func want<Source: ReplicationSource & ~Copyable>(
    _ value: LargeValue, _ place: UInt32, of number: UInt64, _ source: inout Source,
    at time: ReplicationTime
  ) {
    guard let peer = arrivals[number]?.peer else { return }
    let held = source.version(of: value.key)
    if let held, held >= value.version {
      // Of one version what is held is the value, or has expired since. Replicated values of two
      // versions are merged: only the same one is known.
      guard value.kind == .replicated, held != value.version else {
        return count(peer, \.known)
      }
    }
    if held == nil, value.version.ticks <= floor {
      count(peer, \.dead)
      links[peer]?.queue.add(dead: DeadRecord(key: value.key, version: value.version))
      return
    }
    guard value.version.milliseconds <= time.milliseconds + settings.clockAheadMax else {
      return refuseClock(of: value.version, from: peer, place, number, at: time)
    }
    let same = fetches.first { $0.value.value == value }
    guard same != nil || fetches.count < KeyValueLimits.fetchesMax else {
      return refuse(place, of: number, .busy)
    }
    arrivals[number]?.waiting += 1
    if let same {
      fetches[same.key]?.waiters.append((number, place))
      return
    }
    let fetch = nextToken
    nextToken += 1
    fetches[fetch] = Fetch(peer: peer, value: value, waiters: [(number, place)])
    fetchSlice(of: fetch, at: time)
  }

  private mutating func fetchSlice(of number: UInt64, at time: ReplicationTime) {
    guard let fetch = fetches[number] else { return }
    let left = Int(fetch.value.size) - fetch.bytes.count
    let count = max(1, min(left, KeyValueLimits.valueSliceBytesMax))
    let wish = ValueRequest(
      key: fetch.value.key, version: fetch.value.version, offset: UInt64(fetch.bytes.count),
      count: UInt32(count))
    let patience = links[fetch.peer]?.monitor.patience(bytes: count) ?? .zero
    _ = send(.value(wish), .slice(fetch: number), to: fetch.peer, patience: patience)
  }

  /// A slice came.
  mutating func fetched(
    _ slice: ValueSlice, of number: UInt64, from peer: NodeIdentity, sentAt: Moment,
    at time: ReplicationTime
  ) {
    guard let fetch = fetches[number] else { return }
    guard let bytes = slice.bytes else {
      // It was written again: the newer one is pushed.
      fetches[number] = nil
      return refuseWaiters(of: fetch, .busy, at: time)
    }
    links[peer]?.monitor.answered(
      bytes: bytes.count, after: sentAt.duration(to: time.moment), at: time.moment)
    count(peer, \.fetchedBytes, UInt64(bytes.count))
    let left = Int(fetch.value.size) - fetch.bytes.count
    guard !bytes.isEmpty, bytes.count <= left else { return wrong(number, at: time) }
    fetches[number]?.bytes += bytes
    fetches[number]?.attempts = 0
    guard let whole = fetches[number], whole.isWhole else {
      return fetchSlice(of: number, at: time)
    }
    let digest = whole.bytes.withUnsafeBytes {
      StoredContent.digest(whole.value.kind, whole.value.version.replica, whole.value.expiry, $0)
    }
    guard digest == whole.value.digest else { return wrong(number, at: time) }
    fetches[number] = nil
    count(peer, \.fetched)
    let token = nextToken
    nextToken += 1
    applying[token] = .value(whole)
    out.append(.apply(effects: [whole.effect], dead: [], token: token))
  }

  /// A slice did not come.
  mutating func notFetched(_ number: UInt64, at time: ReplicationTime) {
    guard let fetch = fetches[number] else { return }
    fetches[number]?.attempts += 1
    guard fetch.attempts + 1 < KeyValueLimits.sliceAttemptsMax else {
      fetches[number] = nil
      return refuseWaiters(of: fetch, .busy, at: time)
    }
    fetchSlice(of: number, at: time)
  }

  private mutating func wrong(_ number: UInt64, at time: ReplicationTime) {
    guard let fetch = fetches.removeValue(forKey: number) else { return }
    notice(.wrongValue(fetch.peer, key: fetch.value.key))
    refuseWaiters(of: fetch, .size, at: time)
  }

  /// What waits for a value that does not come is answered so.
  mutating func refuseWaiters(of fetch: Fetch, _ reason: PushRefusal, at time: ReplicationTime) {
    for (waiter, place) in fetch.waiters {
      refuse(place, of: waiter, reason)
      arrivals[waiter]?.waiting -= 1
      answerIfDone(waiter, at: time)
    }
  }
}
