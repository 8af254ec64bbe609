import EventLog
import Foundation
import Reports
import TestSupport
import Testing

@Suite struct EventValueTests {
  /// The fields are those of the line after its head, with the same values.
  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func fields_shouldBeThoseOfTheLine(seed: UInt64) throws {
    for record in randomLog(seed: seed) {
      let line = try JSONDocument(parsing: Array(record.jsonLine.dropLast()))
      guard case .object(let members) = line.content else {
        Issue.record("no object")
        continue
      }
      let heads = Set(EventField.header.map(\.name))
      let body = members.filter { !heads.contains($0.key) }
      #expect(record.event.fields.map(\.field.name) == body.map(\.key), "seed \(seed)")
      for (field, member) in zip(record.event.fields, body) {
        switch field.value {
        case .number(let number): #expect(member.value.content == .number("\(number)"))
        case .text(let text): #expect(member.value.text == text, "seed \(seed)")
        }
      }
    }
  }
}
