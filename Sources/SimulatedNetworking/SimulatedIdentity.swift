import Networking
import Primitives

extension NodeIdentity {
  /// The identity of the simulated peer with this number. It sorts like the number and has no
  /// secret key: a simulated network lets everybody be who they say, and nobody signs with it.
  public static func simulated(_ number: UInt32) -> NodeIdentity {
    NodeIdentity(key: PublicKey(raw: Hash256(words: (UInt64(number) << 32, 0, 0, 0))))
  }
}

extension PeerID {
  /// The simulated peer with this number.
  public init(_ number: UInt32) {
    self.init(identity: .simulated(number), number: number)
  }
}
