import LiveSync

/// A part of a node that works as long as the node does. A node is a list of these; whoever adds a
/// service of its own gives it to the node and changes nothing else.
public protocol NodeService: Sendable {
  /// Works until the task is cancelled, or until nothing is left to do. Everything it starts is a
  /// child of this call.
  func run() async
}

extension LiveSyncer: NodeService {}
