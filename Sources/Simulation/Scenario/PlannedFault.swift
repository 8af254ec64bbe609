import Networking

/// One decision of a plan: what goes wrong, when, for how long and with whom. All numbers are
/// whole.
public struct PlannedFault: Sendable, Hashable {
  /// Name of its class (`FaultClass.all`).
  public var kind: String
  /// When it begins, in virtual milliseconds since the run began.
  public var start: Int
  /// How long it lasts, in milliseconds; 0 = it takes no time, or lasts to the end of the run.
  public var duration: Int
  /// Number of the node that it is about: 0 is the joining one, the full peers count from 1.
  public var node: Int
  /// Number of the node at the other end, for what is about a link; else 0.
  public var peer: Int
  /// How much, in the unit of its class; else 0.
  public var amount: Int

  public init(
    _ kind: String, start: Int, duration: Int = 0, node: Int = 0, peer: Int = 0, amount: Int = 0
  ) {
    self.kind = kind
    self.start = start
    self.duration = duration
    self.node = node
    self.peer = peer
    self.amount = amount
  }

  var from: PeerID { PeerID(UInt32(node)) }
  var to: PeerID { PeerID(UInt32(peer)) }

  /// When it is over, in milliseconds; of one that lasts to the end of the run, when it begins.
  var end: Int { start + duration }
}
