import Compression
import Foundation
import TestSupport
import Testing

@Suite struct ZstdTests {
  /// Contents of different kinds: none, little, random, alike, many blocks.
  static let contents: [[UInt8]] = {
    var generator = SeededGenerator(seed: 11)
    return [
      [], [7], generator.bytes(40), [UInt8](repeating: 3, count: 300_000),
      generator.bytes(200_000), (0..<100_000).map { UInt8($0 / 7 % 256) },
    ]
  }()

  @Test(arguments: [1, 3, 19])
  func frame_shouldGiveItsContent_whenReadWithItsSize(level: Int) throws {
    let compressor = ZstdCompressor(level: level)
    let decompressor = ZstdDecompressor()
    for content in Self.contents {
      let frame = compressor.frame(of: content)
      #expect(try decompressor.content(of: frame, .exactly(content.count)) == content)
      #expect(try decompressor.content(of: frame, .atMost(content.count)) == content)
    }
  }

  @Test func frame_shouldGiveItsContent_whereverBlocksBegin() throws {
    var generator = SeededGenerator(seed: 12)
    let compressor = ZstdCompressor(level: 1)
    let decompressor = ZstdDecompressor()
    for content in Self.contents {
      let starts = (0..<200).map { _ in generator.below(content.count + 2) }.sorted()
      let frame = compressor.frame(of: content, blocksAt: starts)
      #expect(try decompressor.content(of: frame, .exactly(content.count)) == content)
    }
  }

  @Test func frame_shouldBeRefused_whenItsContentIsOfAnotherSize() throws {
    let frame = ZstdCompressor(level: 3).frame(of: [UInt8](repeating: 0, count: 1 << 30))
    #expect(frame.count < 100_000)
    expect("compression_too_large") {
      try ZstdDecompressor().content(of: frame, .atMost((1 << 30) - 1))
    }
    expect("compression_wrong_size") {
      try ZstdDecompressor().content(of: frame, .exactly((1 << 30) - 1))
    }
  }

  @Test func frame_shouldBeRefused_whenItIsNotWholeAndAlone() {
    let content = Self.contents[5]
    let frame = ZstdCompressor(level: 3).frame(of: content)
    let decompressor = ZstdDecompressor()
    expect("compression_truncated") { try decompressor.content(of: [], .atMost(9)) }
    for length in 4..<frame.count {
      expect("compression_truncated") {
        try decompressor.content(of: Array(frame[..<length]), .exactly(content.count))
      }
    }
    expect("compression_trailing_bytes") {
      try decompressor.content(of: frame + [0], .exactly(content.count))
    }
    expect("compression_trailing_bytes") {
      try decompressor.content(of: frame + frame, .exactly(content.count))
    }
    // A frame that a reader has to leave out, as pzstd writes them.
    let skippable: [UInt8] = [0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]
    expect("compression_foreign") { try decompressor.content(of: skippable, .atMost(9)) }
    expect("compression_foreign") { try decompressor.content(of: [1, 2], .atMost(9)) }
  }

  @Test func frame_shouldBeRefused_whenItSaysAnotherSizeThanItHas() {
    let content = Self.contents[4]
    var frame = ZstdCompressor(level: 3).frame(of: content)
    // RFC 8878, 3.1.1.1: four bytes of size follow magic number, descriptor and perhaps a window.
    let isSingle = frame[4] & 0x20 != 0
    let place = isSingle ? 5 : 6
    #expect(Int(frame[place]) == content.count & 0xff)
    for change in [-1, 1] {
      frame[place] = UInt8((content.count + change) & 0xff)
      #expect(throws: CompressionError.self) {
        try ZstdDecompressor().content(of: frame, .atMost(1 << 20))
      }
    }
  }

  @Test func frame_shouldNeverGiveAnotherContent_whenItIsChanged() {
    var generator = SeededGenerator(seed: 13)
    let compressor = ZstdCompressor(level: 1)
    let decompressor = ZstdDecompressor()
    for content in [Self.contents[2], generator.bytes(3_000).map { $0 & 15 }] {
      let frame = compressor.frame(of: content)
      for _ in 0..<5_000 {
        let changed = generator.mutated(frame)
        if let read = try? decompressor.content(of: changed, .atMost(1 << 20)) {
          // The checksum has 32 bits; a bit of the head may be without meaning.
          #expect(read == content)
        }
      }
    }
  }

  @Test func frames_shouldBeReadByTheCommand_oneAfterAnother() throws {
    let folder = TemporaryFolder()
    let compressor = ZstdCompressor(level: 3)
    let file = folder.path + "/a.zst"
    let frames = Self.contents.flatMap { compressor.frame(of: $0, blocksAt: [$0.count / 2]) }
    try Data(frames).write(to: URL(fileURLWithPath: file))
    #expect(try Tool.run("zstd", "-dc", file) == Self.contents.flatMap { $0 })
    try Data(Self.contents[5]).write(to: URL(fileURLWithPath: folder.path + "/b"))
    let made = try Tool.run("zstd", "-19c", folder.path + "/b")
    #expect(
      try ZstdDecompressor().content(of: made, .exactly(Self.contents[5].count))
        == Self.contents[5])
    // From a pipe the command does not know the size, and says none.
    let unsized = try Tool.run("bash", "-c", "cat \(folder.path)/b | zstd -c")
    expect("compression_size_unknown") {
      try ZstdDecompressor().content(of: unsized, .atMost(1 << 20))
    }
  }
}

/// Expects a `CompressionError` with this reason.
func expect(
  _ reason: String, _ body: () throws -> some Any,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  do {
    _ = try body()
    Issue.record("\(reason) was not thrown", sourceLocation: sourceLocation)
  } catch {
    let found = (error as? CompressionError)?.reason ?? "\(error)"
    #expect(found == reason, sourceLocation: sourceLocation)
  }
}

/// A program of the system.
enum Tool {
  /// What it writes; throws if it fails.
  static func run(_ words: String...) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    let folder = TemporaryFolder()
    let file = folder.path + "/out"
    _ = FileManager.default.createFile(atPath: file, contents: nil)
    process.standardOutput = FileHandle(forWritingAtPath: file)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(words: words) }
    return Array(try Data(contentsOf: URL(fileURLWithPath: file)))
  }

  struct Failure: Error { let words: [String] }
}
