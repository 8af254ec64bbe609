import Locking
import Primitives

/// Values that a side once held: what others may still have.
public protocol PastValues: Sendable {
  /// The value with this BLAKE2b-256; nil if it is not kept.
  func value(named digest: Hash256) -> [UInt8]?
}

/// Past values in memory, the newest ones of a bounded number of bytes.
public final class KeptValues: PastValues {
  private struct State {
    var values: [Hash256: [UInt8]] = [:]
    /// Oldest first.
    var order: [Hash256] = []
    var bytes = 0
  }

  private let bytesMax: Int
  private let state = Lock(State())

  /// - Parameter bytesMax: bytes of all values, 0…`ReconciliationLimits.pastValuesBytesMax`.
  public init(bytesMax: Int = ReconciliationLimits.pastValuesBytesMax) {
    self.bytesMax = min(max(0, bytesMax), ReconciliationLimits.pastValuesBytesMax)
  }

  /// Bytes of the values that are kept.
  public var bytes: Int { state.withLock { $0.bytes } }

  public func value(named digest: Hash256) -> [UInt8]? { state.withLock { $0.values[digest] } }

  /// Keeps a value that is given up, unless it is one of those that go whole or is too large; the
  /// oldest ones give way.
  /// - Parameter digest: its BLAKE2b-256.
  public func keep(_ value: [UInt8], named digest: Hash256) {
    guard value.count > ReconciliationLimits.inlineValueBytesMax, value.count <= bytesMax else {
      return
    }
    state.withLock { state in
      guard state.values.updateValue(value, forKey: digest) == nil else { return }
      state.order.append(digest)
      state.bytes += value.count
      var gone = 0
      while state.bytes > bytesMax {
        state.bytes -= state.values.removeValue(forKey: state.order[gone])?.count ?? 0
        gone += 1
      }
      state.order.removeFirst(gone)
    }
  }
}
