import Ledger
import Primitives

/// The first record of a fixture: what it is and how it was made.
public struct FixtureHeader: Sendable, Hashable {
  /// Name of the fixture.
  public var name: String
  public var kind: FixtureKind
  public var seed: UInt64
  /// Items asked for in one chunk.
  public var chunkItems: Int
  /// The command that makes the same file.
  public var generator: String

  /// True if `text` can be a name or a generator command.
  public static func isPlain(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= FixtureLimits.wordsBytesMax
      && text.utf8.allSatisfy(FixtureLineWriter.isPlain)
  }
}

extension FixtureHeader {
  static let record = "fixture"

  var line: [UInt8] {
    var writer = FixtureLineWriter(record: Self.record)
    writer.text("name", name)
    writer.integer("format", FixtureLimits.formatVersion)
    writer.text("kind", kind.rawValue)
    writer.integer("seed", seed)
    writer.integer("chunk_items", UInt64(chunkItems))
    writer.text("generator", generator)
    return writer.line()
  }

  init(from reader: inout FixtureLineReader, itemsMax: Int) throws(FixtureError) {
    let name = try reader.text("name")
    guard Self.isPlain(name) else { throw reader.invalid("name", "is empty or too long") }
    let format: UInt32 = try reader.integer("format")
    guard format == FixtureLimits.formatVersion else {
      throw .format(found: format, line: reader.number)
    }
    guard let kind = FixtureKind(rawValue: try reader.text("kind")) else {
      let kinds = FixtureKind.allCases.map(\.rawValue).joined(separator: ", ")
      throw reader.invalid("kind", "is none of \(kinds)")
    }
    let seed: UInt64 = try reader.integer("seed")
    let items: UInt32 = try reader.integer("chunk_items", atMost: UInt32(itemsMax))
    guard items > 0 else { throw reader.invalid("chunk_items", "is zero") }
    let generator = try reader.text("generator")
    guard Self.isPlain(generator) else {
      throw reader.invalid("generator", "is empty or too long")
    }
    try reader.finish()
    self.init(
      name: name, kind: kind, seed: seed, chunkItems: Int(items), generator: generator)
  }
}
