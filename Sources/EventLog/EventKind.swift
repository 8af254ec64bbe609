/// One kind of event: how it is named and read, whatever its group.
struct EventKind: Sendable {
  let name: String
  let level: EventLevel
  let meaning: String
  /// Reads the fields of an event of this kind.
  let read: @Sendable (any EventFieldReader) throws(EventLogError) -> Event

  /// The name of the first record of a log.
  static let runStart = Event.Run.Name.start.rawValue

  /// The kinds of a group, in its order.
  static func all<Group: EventGroup>(of group: Group.Type) -> [EventKind] {
    Group.Name.allCases.map { name in
      let description = Group.describe(name)
      return EventKind(
        name: name.rawValue, level: description.level, meaning: description.meaning,
        read: { (fields: any EventFieldReader) throws(EventLogError) -> Event in
          Event(try Group(name, from: fields))
        })
    }
  }
}
