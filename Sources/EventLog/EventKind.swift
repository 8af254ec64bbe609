/// One kind of event: how it is named and read, whatever its group.
struct EventKind: Sendable {
  let name: String
  let level: EventLevel
  let meaning: String
  /// Reads the fields of an event of this kind.
  let read: @Sendable (any EventFieldReader) throws(EventLogError) -> Event

  /// All kinds in the order of the schema document.
  static let all: [EventKind] =
    kinds(Event.run) + kinds(Event.node) + kinds(Event.peer) + kinds(Event.block)
    + kinds(Event.blocks) + kinds(Event.chain) + kinds(Event.diff) + kinds(Event.chunk)
    + kinds(Event.state) + kinds(Event.queue) + kinds(Event.request) + kinds(Event.macroSync)
    + kinds(Event.consensus) + kinds(Event.fault) + kinds(Event.stall) + kinds(Event.check)

  /// The name of the first record of a log.
  static let runStart = Event.Run.Name.start.rawValue

  /// All kinds by name.
  static let named = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

  private static func kinds<Group: EventGroup>(
    _ wrap: @escaping @Sendable (Group) -> Event
  ) -> [EventKind] {
    Group.Name.allCases.map { name in
      let description = Group.describe(name)
      return EventKind(
        name: name.rawValue, level: description.level, meaning: description.meaning,
        read: { (fields: any EventFieldReader) throws(EventLogError) -> Event in
          wrap(try Group(name, from: fields))
        })
    }
  }
}
