/// Gives the peers of one network the numbers that logs call them by.
///
/// A key has one number while it is remembered, and no number is ever given to a second key. At
/// most `peersMax` keys are remembered: of those that are not connected, the one that left first is
/// forgotten. If it comes back it has another number and is the same peer.
public struct PeerDirectory: Sendable {
  private struct Entry {
    var number: UInt32
    /// Place in the order of departures; nil while the peer is connected.
    var departure: UInt64?
  }

  private let peersMax: Int
  private var entries: [NodeIdentity: Entry] = [:]
  /// The next number; nil once all are given.
  private var nextNumber: UInt32?
  private var departures: UInt64 = 0

  /// - Parameters:
  ///   - peersMax: keys remembered, at least 1.
  ///   - firstNumber: number of the first peer.
  ///   - known: keys that have a number already, at most `peersMax`; others get greater ones.
  public init(
    peersMax: Int = NetworkingLimits.directoryPeersMax, firstNumber: UInt32 = 0,
    known: [NodeIdentity: UInt32] = [:]
  ) {
    precondition(peersMax >= max(1, known.count), "a directory of \(peersMax) peers")
    self.peersMax = peersMax
    nextNumber = firstNumber
    for (identity, number) in known.sorted(by: { $0.key < $1.key }) {
      entries[identity] = Entry(number: number, departure: departures)
      departures += 1
      if let next = nextNumber, next <= number { nextNumber = number < .max ? number + 1 : nil }
    }
  }

  /// Keys remembered.
  public var count: Int { entries.count }

  /// The peer with this key, which is connected from now on. Nil if it is new and cannot be told
  /// from others: `peersMax` peers are connected, or all numbers are given. It is to be refused.
  public mutating func connected(_ identity: NodeIdentity) -> PeerID? {
    if let entry = entries[identity] {
      entries[identity]?.departure = nil
      return PeerID(identity: identity, number: entry.number)
    }
    guard let number = nextNumber, makeRoom() else { return nil }
    nextNumber = number < .max ? number + 1 : nil
    entries[identity] = Entry(number: number)
    return PeerID(identity: identity, number: number)
  }

  /// The last connection with this key is gone: it may be forgotten.
  public mutating func disconnected(_ identity: NodeIdentity) {
    guard let entry = entries[identity], entry.departure == nil else { return }
    entries[identity]?.departure = departures
    departures += 1
  }

  /// Forgets one key if there is no room for another; false if all are connected.
  private mutating func makeRoom() -> Bool {
    guard entries.count >= peersMax else { return true }
    let gone = entries.filter { $0.value.departure != nil }
    let first = gone.min { ($0.value.departure ?? 0) < ($1.value.departure ?? 0) }
    guard let first else { return false }
    entries[first.key] = nil
    return true
  }
}
