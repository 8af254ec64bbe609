/// Something that can stand in an event log.
///
/// An event is a record with a name, which fixes its fields: `.chunk(.rejected(…))` is written as
/// `chunk.rejected`. Events come in groups by what they happen to. A group is declared by the room
/// that emits it, as an enum nested in `Event`, and a program lists its groups in an `EventSchema`.
public struct Event: Sendable, Hashable {
  /// The event as a case of its group. Readers match on this, as in
  /// `case Event.Run.end(let verdict, _, _)` or `case let event as Event.Run`.
  public let group: any EventGroup

  /// The event of whatever group. A group offers a shorter way, such as `.run(…)`.
  public init(_ group: some EventGroup) {
    self.group = group
  }

  /// Version of the schema: raised whenever a reader of the old one would misread a log.
  public static let schemaVersion = 1

  /// The name in the log, such as `run.start`.
  public var name: String { Self.name(of: group) }

  /// How much attention the event deserves.
  public var level: EventLevel { Self.level(of: group) }

  public static func == (left: Event, right: Event) -> Bool {
    isEqual(left.group, right.group)
  }

  public func hash(into hasher: inout Hasher) {
    group.hash(into: &hasher)
  }

  private static func isEqual<Group: EventGroup>(_ left: Group, _ right: any EventGroup) -> Bool {
    left == right as? Group
  }

  private static func name(of event: some EventGroup) -> String { event.name.rawValue }

  private static func level<Group: EventGroup>(of event: Group) -> EventLevel {
    Group.describe(event.name).level
  }
}
