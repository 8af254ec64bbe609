import Locking
import Primitives

/// Remembers the results of the last checks, so that one signature is not checked again for every
/// node of a simulated network, or for a header and later its block. Thread-safe; oldest out first.
public final class CachingSignatureVerifier: SignatureVerifier {
  /// How often a result was remembered and how often it had to be computed.
  public struct Statistics: Sendable, Equatable {
    public var hits = 0
    public var misses = 0

    public init(hits: Int = 0, misses: Int = 0) {
      self.hits = hits
      self.misses = misses
    }
  }

  fileprivate struct Cache {
    var results: [Hash256: Bool] = [:]
    /// Ring of the keys of `results` in the order they came.
    var order: [Hash256] = []
    var oldest = 0
    var statistics = Statistics()
  }

  private let cache = Lock(Cache())
  private let capacity: Int

  /// A verifier that remembers up to `capacity` results (at least one).
  public init(capacity: Int = LedgerLimits.verifiedSignaturesMax) {
    self.capacity = max(1, capacity)
  }

  public var statistics: Statistics { cache.withLock { $0.statistics } }
  public var cacheStatistics: Statistics? { statistics }

  public func verify(_ signature: Signature, of message: [UInt8], by key: PublicKey) -> Bool {
    // The key and the signature have fixed lengths, so their concatenation is unambiguous.
    var encoder = WireEncoder(capacity: 3 * Hash256.byteCount + message.count)
    encoder.append(key.raw)
    encoder.append(signature.r)
    encoder.append(signature.s)
    encoder.append(raw: message)
    let question = Blake2b256.hash(encoder.bytes)
    let known = cache.withLock { cache in
      let known = cache.results[question]
      if known == nil { cache.statistics.misses += 1 } else { cache.statistics.hits += 1 }
      return known
    }
    if let known { return known }
    let result = key.verify(signature, of: message)
    cache.withLock { $0.remember(question, result, capacity: capacity) }
    return result
  }
}

extension CachingSignatureVerifier.Cache {
  fileprivate mutating func remember(_ question: Hash256, _ result: Bool, capacity: Int) {
    guard results.updateValue(result, forKey: question) == nil else { return }
    if order.count < capacity {
      order.append(question)
    } else {
      results[order[oldest]] = nil
      order[oldest] = question
      oldest = (oldest + 1) % capacity
    }
  }
}
