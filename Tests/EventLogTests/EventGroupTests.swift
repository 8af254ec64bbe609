import EventLog
import Primitives
import Reports
import Testing

/// Groups of events that a room far above the event log declares: here, these tests.
@Suite struct EventGroupTests {
  private static let schema = EventSchema([Event.Run.self, Event.Trial.self])

  private static let start = Event.run(
    .start(
      schema: Event.schemaVersion, seed: 1, commit: "c", toolchain: "t", mode: "m",
      clock: .simulated, scenario: "s", parameters: ""))

  private static func log(_ events: [Event]) -> [EventRecord] {
    events.enumerated().map { index, event in
      EventRecord(sequence: UInt64(index), time: 0, context: .run, event: event)
    }
  }

  @Test func ownGroup_shouldBeWrittenAndReadBackStrictly() throws {
    let log = Self.log([
      Self.start, .trial(.begun(peer: 3, wit: .dry, pulse: nil)),
      .trial(.begun(peer: 3, wit: .slapstick, pulse: 60)), .trial(.over),
    ])
    let lines = log.map { String(decoding: $0.jsonLine, as: UTF8.self) }
    #expect(
      lines[2]
        == #"{"seq":2,"t_ns":0,"node":"-","actor":"run","event":"trial.begun","level":"warn","#
        + #""peer":"p3","wit":"slapstick","pulse":60}"# + "\n")
    let text = lines.joined()
    #expect(try EventLogReader.records(of: text.utf8, schema: Self.schema) == log)
    for (part, other, message) in [
      ("slapstick", "puns", "wit is none of dry, slapstick"),
      (#""level":"warn""#, #""level":"info""#, "level is warn for trial.begun"),
      (#","pulse":60"#, #","peer":"p4""#, "expected `}` after the last field"),
      ("trial.over", "trial.lost", "schema 1 has no event trial.lost"),
    ] {
      let error = #expect(throws: EventLogError.self, "\(part)") {
        try EventLogReader.records(
          of: text.replacing(part, with: other).utf8, schema: Self.schema)
      }
      #expect(error?.description.hasSuffix(message) == true, "\(error?.description ?? "")")
    }
  }

  @Test func log_shouldBeRefusedWithTheEventsName_whenItsGroupIsNotRegistered() throws {
    let bytes = Self.log([Self.start, .trial(.over)]).flatMap(\.jsonLine)
    let error = #expect(throws: EventLogError.self) {
      try EventLogReader.records(of: bytes, schema: .livesync)
    }
    #expect(error?.description == "line 2, column 52: schema 1 has no event trial.over")
  }

  @Test func ownGroup_shouldStandInTheSchemaDocument() {
    let page = Self.schema.markdown
    #expect(page.contains("| `trial.begun` | warn | A trial begins. | `peer`, `wit`, [`pulse`] |"))
    #expect(page.contains("| `pulse` | integer | 1/min | beats of the heart |"))
    #expect(page.contains("| `wit` | `dry`, `slapstick` |  | kind of joke |"))
    // What no event of this schema has is not in its table.
    #expect(!page.contains("`start_key`"))
    // The fields of a room follow the common ones.
    #expect(page.split(separator: "\n").last?.hasPrefix("| `pulse`") == true)
  }

  @Test func groups_shouldBeRefused_whenTwoClaimOneName() {
    #expect(EventSchema.contradiction(among: [Event.Run.self, Event.Trial.self]) == nil)
    let twins = EventSchema.contradiction(
      among: [Event.Run.self, Event.Trial.self, Event.Retrial.self])
    #expect(
      twins?.hasSuffix("Event.Retrial both claim the event trial.over") == true, "\(twins ?? "")")
    let twice = EventSchema.contradiction(among: [Event.Trial.self, Event.Trial.self])
    #expect(twice?.hasSuffix("both claim the event trial.begun") == true, "\(twice ?? "")")
  }

  @Test func groups_shouldBeRefused_whenTheyMeanDifferentThingsByOneField() {
    #expect(
      EventSchema.contradiction(among: [Event.Trial.self, Event.Hearing.self])
        == "trial.begun and hearing.held mean different things by the field pulse")
  }

  @Test func schema_shouldTrap_whenItsGroupsContradictEachOther() async {
    await #expect(processExitsWith: .failure) {
      _ = EventSchema([Event.Trial.self, Event.Retrial.self])
    }
  }

  @Test func events_shouldBeEqual_onlyWhenGroupAndValueAre() {
    let events: [Event] = [
      .trial(.over), .retrial(.over), .trial(.begun(peer: 1, wit: .dry, pulse: nil)),
      .trial(.begun(peer: 2, wit: .dry, pulse: nil)), Self.start,
    ]
    for (index, event) in events.enumerated() {
      #expect(events.indices.filter { events[$0] == event } == [index])
    }
    #expect(Set(events + events).count == events.count)
    #expect(events[0].name == events[1].name && events[0].level == .info)
  }
}

extension EventField {
  fileprivate static let wit = EventField("wit", "kind of joke")
  fileprivate static let pulse = EventField("pulse", "beats of the heart", unit: "1/min")
}

extension Event {
  enum Wit: String, EventSymbol { case dry, slapstick }

  enum Trial: Sendable, Hashable {
    case begun(peer: UInt32, wit: Wit, pulse: Int?)
    case over
  }

  static func trial(_ event: Trial) -> Event { Event(event) }

  /// A group that takes a name that is taken.
  enum Retrial: Sendable, Hashable { case over }

  static func retrial(_ event: Retrial) -> Event { Event(event) }

  /// A group that takes a field for something else.
  enum Hearing: Sendable, Hashable { case held(pulse: String) }
}

extension Event.Trial: EventGroup {
  enum Name: String, CaseIterable, Sendable {
    case begun = "trial.begun"
    case over = "trial.over"
  }

  static func describe(_ name: Name) -> EventDescription {
    switch name {
    case .begun: EventDescription(.warn, "A trial begins.")
    case .over: EventDescription(.info, "It is over.")
    }
  }

  var name: Name {
    switch self {
    case .begun: .begun
    case .over: .over
    }
  }

  func write(to line: inout JSONLine) {
    switch self {
    case .begun(let peer, let wit, let pulse):
      line.peer(.peer, peer)
      line.symbol(.wit, wit)
      line.integer(.pulse, pulse)
    case .over: break
    }
  }

  init(_ name: Name, from fields: any EventFieldReader) throws(EventLogError) {
    switch name {
    case .begun:
      self = .begun(
        peer: try fields.peer(.peer), wit: try fields.symbol(.wit),
        pulse: try fields.optionalInteger(.pulse))
    case .over: self = .over
    }
  }
}

extension Event.Retrial: EventGroup {
  enum Name: String, CaseIterable, Sendable { case over = "trial.over" }

  static func describe(_ name: Name) -> EventDescription { EventDescription(.info, "Once more.") }

  var name: Name { .over }

  func write(to line: inout JSONLine) {}

  init(_ name: Name, from fields: any EventFieldReader) throws(EventLogError) { self = .over }
}

extension Event.Hearing: EventGroup {
  enum Name: String, CaseIterable, Sendable { case held = "hearing.held" }

  static func describe(_ name: Name) -> EventDescription { EventDescription(.info, "It is held.") }

  var name: Name { .held }

  func write(to line: inout JSONLine) {
    switch self {
    case .held(let pulse): line.text(.pulse, pulse)
    }
  }

  init(_ name: Name, from fields: any EventFieldReader) throws(EventLogError) {
    self = .held(pulse: try fields.text(.pulse))
  }
}
