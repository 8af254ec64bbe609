/// Bytes for large messages on their way in, which all connections share. A connection that lacks
/// room for a message it is being sent gets it, as long as there is some; what it does not use any
/// longer comes back. A value.
package struct SharedPool: Sendable {
  private let total: Int
  package private(set) var given: [UInt64: Int] = [:]
  /// Connections that wait, in order.
  private var waiting: [UInt64] = []

  package init(total: Int = TransportLimits.sharedPoolBytes) { self.total = total }

  /// Bytes that are given.
  package var givenBytes: Int { given.values.reduce(0, +) }
  /// Whether somebody waits.
  package var isShort: Bool { !waiting.isEmpty }

  /// A connection uses `used` bytes of its pool, and its pool is `wanted` bytes too small.
  /// - Returns: the size of its pool from now on.
  package mutating func update(_ number: UInt64, used: Int, wanted: Int) -> Int {
    let own = TransportLimits.connectionPoolBytes
    let held = given[number] ?? 0
    let needed = wanted > 0 ? held + wanted : max(0, used - own)
    if needed <= held {
      // Credit that was given is not taken back: only what is unused.
      given[number] = needed > 0 ? needed : nil
      waiting.removeAll { $0 == number }
    } else if (waiting.first ?? number) == number, givenBytes - held + needed <= total {
      given[number] = needed
      waiting.removeAll { $0 == number }
    } else if !waiting.contains(number) {
      waiting.append(number)
    }
    return own + (given[number] ?? 0)
  }

  /// Who is next, if somebody waits.
  package var next: UInt64? { waiting.first }

  package mutating func ended(_ number: UInt64) {
    given[number] = nil
    waiting.removeAll { $0 == number }
  }
}
