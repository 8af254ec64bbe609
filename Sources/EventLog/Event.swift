/// Everything that can stand in an event log, in groups by what it happens to.
///
/// An event is a record with a name, which fixes its fields: `.chunk(.rejected(…))` is written as
/// `chunk.rejected`. The enum is the schema; `EventSchema` and Docs/Events.md are derived from it.
public enum Event: Sendable, Hashable {
  case run(Run)
  case node(Node)
  case peer(Peer)
  case block(Block)
  case blocks(Blocks)
  case chain(Chain)
  case diff(Diff)
  case chunk(Chunk)
  case state(State)
  case queue(Queue)
  case request(Request)
  case macroSync(MacroSync)
  case consensus(Consensus)
  case fault(Fault)
  case stall(Stall)
  case check(Check)

  /// Version of the schema: raised whenever a reader of the old one would misread a log.
  public static let schemaVersion = 1
}

extension Event {
  /// The name in the log, such as `chunk.rejected`.
  public var name: String { fullName(of: inner) }

  /// How much attention the event deserves.
  public var level: EventLevel { level(of: inner) }

  private func fullName(of event: some EventGroup) -> String { event.name.rawValue }

  private func level<Group: EventGroup>(of event: Group) -> EventLevel {
    Group.describe(event.name).level
  }

  /// The event of whatever group, for generic code.
  var inner: any EventGroup {
    switch self {
    case .run(let event): event
    case .node(let event): event
    case .peer(let event): event
    case .block(let event): event
    case .blocks(let event): event
    case .chain(let event): event
    case .diff(let event): event
    case .chunk(let event): event
    case .state(let event): event
    case .queue(let event): event
    case .request(let event): event
    case .macroSync(let event): event
    case .consensus(let event): event
    case .fault(let event): event
    case .stall(let event): event
    case .check(let event): event
    }
  }
}
