/// The events of one group. One switch writes the fields and one reads them; names, samples and the
/// schema table follow from these two.
///
/// A group is declared by the lowest room that emits one of its events and registered in the
/// `EventSchema` of the program; a log with events of a group that is not there is refused.
public protocol EventGroup: Sendable, Hashable {
  /// The names of the events, as they stand in the log.
  associatedtype Name: RawRepresentable, CaseIterable, Sendable where Name.RawValue == String

  /// Level and meaning of an event.
  static func describe(_ name: Name) -> EventDescription
  /// Which event this is.
  var name: Name { get }
  /// Appends the event's own fields in their fixed order.
  func write(to line: inout JSONLine)
  /// Reads the event's own fields in the same order.
  init(_ name: Name, from fields: any EventFieldReader) throws(EventLogError)
}

/// How much attention an event deserves.
public enum EventLevel: String, EventSymbol {
  /// Of use when one follows a single item.
  case debug
  /// A step of the sync.
  case info
  /// Something went wrong that the node copes with.
  case warn
  /// A lie that is proven or a promise that is broken.
  case error
}

/// The part of the schema that is not seen from an event's fields.
public struct EventDescription: Sendable, Hashable {
  public let level: EventLevel
  /// What the event says, in one sentence: the doc comment of its case.
  public let meaning: String

  public init(_ level: EventLevel, _ meaning: String) {
    self.level = level
    self.meaning = meaning
  }
}
