import Daemon
import EventLog
import KeyValue
import LiveSync
import Node
import Peers
import Production
import Reconciliation
import Simulation
import Snapshot
import StateReconciliation

extension EventSchema {
  /// All events of this program, in the order of Docs/Events.md. The one place where a room's
  /// groups are registered: a log with events of a group that is not here is refused.
  public static let livesync = EventSchema([
    Event.Run.self, Event.Node.self, Event.Peer.self, Event.Block.self, Event.Blocks.self,
    Event.Chain.self, Event.Diff.self, Event.Chunk.self, Event.State.self, Event.Queue.self,
    Event.Request.self, Event.MacroSync.self, Event.Consensus.self, Event.Fault.self,
    Event.Stall.self, Event.Producer.self, Event.Transport.self, Event.Snapshot.self,
    Event.Joining.self, Event.Returning.self, Event.Reconciliation.self, Event.Check.self,
    Event.KeyValue.self,
  ])
}
