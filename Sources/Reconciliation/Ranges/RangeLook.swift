import Primitives

/// How many of the parts of a first message differ, without an answer to it.
public struct PartsLook: Sendable, Hashable {
  /// Parts that the asking side cut its set into, at most `ReconciliationLimits.lookPartsMax`.
  public var parts: UInt8
  /// Those of them that are not the same on both sides.
  public var differing: UInt8

  public init(parts: UInt8, differing: UInt8) {
    self.parts = parts
    self.differing = min(parts, differing)
  }
}

/// An answering side that can tell cheaply whether what differs lies together.
public protocol LookingResponder: ComparisonResponder {
  /// Compares the parts of a comparison's first message; nil if the message has others than
  /// fingerprints, as that of a small set has.
  func look(_ request: [UInt8]) throws(ReconciliationError) -> PartsLook?
}

extension RangeResponder: LookingResponder {
  public func look(_ request: [UInt8]) throws(ReconciliationError) -> PartsLook? {
    try server.look(request)
  }
}

extension NegentropyServer {
  /// Compares the fingerprints of a message and writes nothing: one fingerprint for each, where an
  /// answer takes sixteen more for each that differs.
  func look(_ message: [UInt8]) throws(ReconciliationError) -> PartsLook? {
    let (version, decoder) = try openMessage(message)
    guard version == NegentropyVersion.current else { return nil }
    var reader = NegentropyReader(decoder)
    var look = PartsLook(parts: 0, differing: 0)
    var place = 0
    do throws(WireError) {
      while !reader.isAtEnd {
        let bound = try reader.bound()
        guard try reader.mode() == .fingerprint, look.parts < ReconciliationLimits.lookPartsMax
        else { return nil }
        let range = place..<storage.firstPlace(atOrBehind: bound, from: place)
        look.parts += 1
        if try reader.fingerprint() != storage.fingerprint(of: range) { look.differing += 1 }
        place = range.upperBound
      }
    } catch { throw .malformed("negentropy message", error) }
    return look.parts > 0 ? look : nil
  }
}
