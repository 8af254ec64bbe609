import EventLog
import Foundation
import Reports
import TestSupport
import Testing

@Suite struct SchemaTests {
  /// Set `LIVESYNC_WRITE_DOCS=1` to write the page instead of comparing it.
  @Test func eventsPage_shouldBeWhatTheSchemaGenerates() throws {
    let path = PackageFiles.root.appending(path: "Docs/Events.md")
    if ProcessInfo.processInfo.environment["LIVESYNC_WRITE_DOCS"] == "1" {
      try EventSchema.livesync.markdown.write(to: path, atomically: true, encoding: .utf8)
    }
    let page = try PackageFiles.text("Docs/Events.md")
    #expect(
      page == EventSchema.livesync.markdown,
      "Docs/Events.md is out of date: LIVESYNC_WRITE_DOCS=1 swift test --filter SchemaTests")
  }

  @Test func schema_shouldNameEveryEventOnce_andUseEveryField() {
    let names = EventSchema.livesync.entries.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(names.first == "run.start")
    let used = Set(EventSchema.livesync.entries.flatMap { $0.fields.map(\.field) })
    #expect(used.isDisjoint(with: EventField.header))
    // What nobody uses any more is not declared any more.
    #expect(Set(EventField.common).isSubset(of: used.union(EventField.header)))
    for entry in EventSchema.livesync.entries {
      let fields = entry.fields.map(\.field)
      #expect(Set(fields).count == fields.count, "\(entry.name) has a field twice")
      #expect(!entry.meaning.isEmpty && entry.meaning.hasSuffix("."))
    }
  }

  @Test func field_shouldHaveOneTypeInAllEvents() {
    var types: [EventField: EventTextForm?] = [:]
    for entry in EventSchema.livesync.entries {
      for use in entry.fields {
        let known = types[use.field, default: use.text]
        #expect(known == use.text, "\(use.field) in \(entry.name)")
        types[use.field] = .some(use.text)
      }
    }
  }

  @Test func names_shouldBeSnakeCase() {
    let fields = EventField.header + EventSchema.livesync.entries.flatMap { $0.fields.map(\.field) }
    let names =
      fields.map(\.name)
      + EventSchema.livesync.entries.flatMap { $0.name.split(separator: ".").map(String.init) }
    for name in names {
      #expect(name.wholeMatch(of: /[a-z][a-z0-9]*(_[a-z0-9]+)*/) != nil, "\(name)")
    }
  }

  /// The meaning in the table is the doc comment of the case.
  @Test func meaning_shouldBeTheDocComment() throws {
    var sources = ""
    let root = PackageFiles.root.appending(path: "Sources").resolvingSymlinksInPath()
    let paths = FileManager.default.enumerator(atPath: root.path)?.allObjects as? [String] ?? []
    for path in paths.sorted() where path.contains("/Events/") {
      sources += try PackageFiles.text("Sources/" + path)
    }
    for entry in EventSchema.livesync.entries {
      #expect(sources.contains("/// \(entry.meaning)\n"), "\(entry.name)")
    }
  }
}
