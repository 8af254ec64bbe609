import Primitives

/// Names a peer within one network. Prints as "p3".
public struct PeerID: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The number of the peer.
  public let number: UInt32

  @inlinable
  public init(_ number: UInt32) {
    self.number = number
  }

  public var description: String { "p\(number)" }

  @inlinable
  public static func < (a: PeerID, b: PeerID) -> Bool {
    a.number < b.number
  }
}

extension PeerID: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(number)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    self.init(try decoder.uint32())
  }
}

/// A change in who is connected to the local peer.
public enum PeerEvent: Sendable, Hashable {
  /// The peer can be talked to now.
  case joined(PeerID)
  /// The connection is gone; requests to the peer that were pending have failed.
  case left(PeerID)
}
