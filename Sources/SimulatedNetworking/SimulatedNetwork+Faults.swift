import Networking

extension SimulatedNetwork {
  /// Lets nothing through from one peer to another, without either noticing.
  public func block(from peer: PeerID, to other: PeerID) {
    runtime.requireHome("block")
    nodes[peer]?.links[other]?.isBlocked = true
  }

  /// Takes back `block(from:to:)`.
  public func unblock(from peer: PeerID, to other: PeerID) {
    runtime.requireHome("unblock")
    nodes[peer]?.links[other]?.isBlocked = false
  }

  /// Lets messages through only inside each group, without anybody noticing otherwise; peers in no
  /// group form one of their own. Replaces all earlier blocks. What is on its way still arrives.
  public func partition(_ groups: [[PeerID]]) {
    runtime.requireHome("partition")
    var groupOf: [PeerID: Int] = [:]
    for (number, group) in groups.enumerated() { for peer in group { groupOf[peer] = number } }
    for (peer, node) in nodes {
      for (other, link) in node.links { link.isBlocked = groupOf[peer] != groupOf[other] }
    }
  }

  /// Cuts `peers` off from all others, but not from each other. Replaces all earlier blocks.
  public func isolate(_ peers: [PeerID]) {
    partition([peers])
  }

  /// Takes back all blocks.
  public func heal() {
    partition([])
  }

  /// Gives the link from one peer to another its own conditions; nil takes them back.
  public func setLink(_ conditions: LinkConditions?, from peer: PeerID, to other: PeerID) {
    runtime.requireHome("setLink")
    nodes[peer]?.links[other]?.conditions = conditions
  }

  /// Gives a node its own capacity; nil takes it back.
  public func setCapacity(_ capacity: NodeCapacity?, for peer: PeerID) {
    runtime.requireHome("setCapacity")
    nodes[peer]?.capacity = capacity
  }

  /// Whether the neighbours of a node send it gossip; it may publish all the same.
  public func setTakesGossip(_ takes: Bool, for peer: PeerID) {
    runtime.requireHome("setTakesGossip")
    nodes[peer]?.takesGossip = takes
    isShapeStale = true
  }

  /// Lets `interceptor` see, change, delay or drop every message `peer` sends or receives; nil
  /// takes it back. It stays over `remove(_:)`.
  public func setInterceptor(_ interceptor: Interceptor?, for peer: PeerID) {
    runtime.requireHome("setInterceptor")
    nodes[peer]?.interceptor = interceptor
  }
}
