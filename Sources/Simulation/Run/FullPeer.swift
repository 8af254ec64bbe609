import EventLog
import Ledger
import Networking
import Node
import Peers

/// A full peer of a simulated network.
///
/// Either a whole node with a chain of its own, or one that only serves: it answers from a chain
/// that it shares with others of its kind, so that a large state stands in memory once.
struct FullPeer {
  /// What the run calls it.
  let peer: PeerID
  /// The chain it answers from.
  let chain: Blockchain
  /// The node, if it is a whole one.
  let node: FullNode?
  private let network: any Network

  /// A whole node.
  init(_ node: FullNode, network: any Network) {
    peer = PeerID(node.peer.number)
    chain = node.chain
    self.node = node
    self.network = network
  }

  /// A peer that answers from `context`'s chain from now on.
  init(serving context: SyncContext, network: any Network) {
    peer = PeerID(network.local.number)
    chain = context.chain
    node = nil
    self.network = network
    RequestServer(context: context).start()
  }

  /// Announces a block that its chain has.
  func announce(_ block: Block) async {
    await network.announce(block)
  }
}
