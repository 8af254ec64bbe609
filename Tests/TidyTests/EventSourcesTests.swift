import Testing

/// Events are declared by the room that emits them, listed in one schema, and never only declared.
@Suite struct EventSourcesTests {
  @Test func everyEvent_shouldHaveAnEmitter() throws {
    let sources = EventSources(try TidyTests.packageFiles())
    #expect(sources.declarations.count > 50)
    #expect(sources.unemitted == [], "emit them or remove them")
  }

  @Test func everyGroup_shouldBeRegistered() throws {
    let sources = EventSources(try TidyTests.packageFiles())
    #expect(sources.groups.sorted() == sources.registered.sorted())
  }

  private static let declared = SourceFile(
    path: "Sources/Low/Events/Event+Tea.swift",
    text: """
      extension Event {
        /// Tea.
        public enum Tea: Sendable, Hashable {
          /// It is hot.
          case poured(cup: Int)
          case pouredOut
          case drunk(Int, by: String)
        }
      }

      extension Event.Tea: EventGroup {
        public enum Name: String, CaseIterable { case poured = "tea.poured" }
      }
      """)

  private static func unemitted(_ code: String) -> [String] {
    let user = SourceFile(path: "Sources/High/A.swift", text: code + "\n")
    return EventSources([declared, user]).unemitted
  }

  @Test func emitter_shouldBeFound_inEachForm() {
    #expect(Self.unemitted("") == ["Tea.poured", "Tea.pouredOut", "Tea.drunk"])
    #expect(
      Self.unemitted("log(.tea(\n  .poured(cup: 1)))") == ["Tea.pouredOut", "Tea.drunk"])
    #expect(
      Self.unemitted("func f() -> Event.Tea { .poured(cup: 1) }") == ["Tea.pouredOut", "Tea.drunk"])
    #expect(Self.unemitted("make(Event.Tea.drunk, 7)") == ["Tea.poured", "Tea.pouredOut"])
    #expect(Self.unemitted("log(.tea(.pouredOut))") == ["Tea.poured", "Tea.drunk"])
  }

  @Test func emitter_shouldNotBeFound_inPatternsCommentsAndOtherNames() {
    let all = ["Tea.poured", "Tea.pouredOut", "Tea.drunk"]
    #expect(Self.unemitted("case Event.Tea.poured(let cup), Event.Tea.pouredOut: x") == all)
    #expect(Self.unemitted("// log(.tea(.pouredOut))") == all)
    #expect(Self.unemitted("let x: Event.Milk = .poured(cup: 1)") == all)
  }

  @Test func group_shouldBeFoundRegistered_inTheList() {
    let list = SourceFile(
      path: "Sources/Reports/EventSchema+Livesync.swift",
      text: "static let livesync = EventSchema([Event.Tea.self])\n")
    let sources = EventSources([Self.declared, list])
    #expect(sources.groups == ["Tea"] && sources.registered == ["Tea"])
  }
}
