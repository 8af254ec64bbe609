import EventLog
import LiveSync
import Node
import Peers
import Snapshot
import StateReconciliation

/// An event and its group, found out once for all who look at it: to ask an event for one group
/// after another costs more than what is done with most of them.
package struct WatchedEvent {
  /// The groups that a run looks at.
  package enum Group {
    case block(Event.Block)
    case chain(Event.Chain)
    case chunk(Event.Chunk)
    case consensus(Event.Consensus)
    case diff(Event.Diff)
    case joining(Event.Joining)
    case node(Event.Node)
    case peer(Event.Peer)
    case request(Event.Request)
    case returning(Event.Returning)
    case stall(Event.Stall)
    case state(Event.State)
    case other
  }

  package let event: Event
  package let group: Group

  /// The most frequent groups are tried first.
  package init(_ event: Event) {
    self.event = event
    group =
      switch event.group {
      case let group as Event.Request: .request(group)
      case let group as Event.Chunk: .chunk(group)
      case let group as Event.Block: .block(group)
      case let group as Event.Chain: .chain(group)
      case let group as Event.State: .state(group)
      case let group as Event.Diff: .diff(group)
      case let group as Event.Peer: .peer(group)
      case let group as Event.Stall: .stall(group)
      case let group as Event.Joining: .joining(group)
      case let group as Event.Consensus: .consensus(group)
      case let group as Event.Returning: .returning(group)
      case let group as Event.Node: .node(group)
      default: .other
      }
  }
}
