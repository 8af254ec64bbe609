import Compression
import Foundation
import TestSupport
import Testing

@Suite struct DeflateTests {
  private static func made(
    _ content: [UInt8], _ format: DeflateFormat, level: Int, step: Int = 10_000
  ) -> [UInt8] {
    let stream = DeflateStream(format, level: level)
    var bytes: [UInt8] = []
    for start in stride(from: 0, to: content.count, by: step) {
      bytes += stream.append(Array(content[start..<min(content.count, start + step)]))
    }
    return bytes + stream.finish()
  }

  private static func read(
    _ bytes: [UInt8], _ format: DeflateFormat, limit: Int, step: Int = 10_000
  ) throws -> [UInt8] {
    let stream = InflateStream(format, limit: limit)
    var content: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: step) {
      stream.feed(Array(bytes[start..<min(bytes.count, start + step)]))
      while true {
        let piece = try stream.next()
        #expect(piece.count <= CompressionLimits.pieceBytes)
        if piece.isEmpty { break }
        content += piece
      }
    }
    try stream.finish()
    #expect(stream.isEnded && stream.count == content.count)
    return content
  }

  @Test(arguments: DeflateFormat.allCases)
  func stream_shouldGiveItsContent_inPiecesOfAnySize(format: DeflateFormat) throws {
    for content in ZstdTests.contents {
      for level in [0, 1, 7, 9] {
        let bytes = Self.made(content, format, level: level)
        #expect(try Self.read(bytes, format, limit: content.count) == content)
      }
      let bytes = Self.made(content, format, level: 6, step: 777)
      #expect(bytes == Self.made(content, format, level: 6, step: 50_000))
      #expect(try Self.read(bytes, format, limit: content.count, step: 3) == content)
    }
  }

  @Test(arguments: DeflateFormat.allCases)
  func stream_shouldBeRefused_whenItIsTooLargeCutLongerOrChanged(format: DeflateFormat) {
    let content = ZstdTests.contents[5]
    let bytes = Self.made(content, format, level: 6)
    expect("compression_too_large") {
      try Self.read(bytes, format, limit: content.count - 1)
    }
    let bomb = Self.made([UInt8](repeating: 0, count: 50_000_000), format, level: 9)
    #expect(bomb.count < 60_000)
    expect("compression_too_large") { try Self.read(bomb, format, limit: 1_000_000) }
    for length in stride(from: 0, to: bytes.count, by: 7) {
      expect("compression_truncated") {
        try Self.read(Array(bytes[..<length]), format, limit: content.count)
      }
    }
    expect("compression_trailing_bytes") {
      try Self.read(bytes + bytes, format, limit: 2 * content.count)
    }
    expect("compression_foreign") { try Self.read([1, 2, 3, 4], format, limit: 9) }
    var wrong = bytes
    wrong[bytes.count - 1] ^= 1
    expect("compression_corrupted") { try Self.read(wrong, format, limit: content.count) }
  }

  @Test func streams_shouldBeThoseOfOtherPrograms() throws {
    let folder = TemporaryFolder()
    let content = ZstdTests.contents[5]
    try Data(content).write(to: URL(fileURLWithPath: folder.path + "/a"))
    let theirs = try Tool.run("gzip", "-7c", folder.path + "/a")
    #expect(try Self.read(theirs, .gzip, limit: content.count) == content)
    let ours = folder.path + "/b.gz"
    try Data(Self.made(content, .gzip, level: 7)).write(to: URL(fileURLWithPath: ours))
    #expect(try Tool.run("gzip", "-dc", ours) == content)
    // RFC 1950 and 1951 by hand: one stored block "hi" with its Adler-32.
    let stored: [UInt8] = [
      0x78, 0x01, 0x01, 2, 0, 0xfd, 0xff, 0x68, 0x69, 0x01, 0x3b, 0x00, 0xd2,
    ]
    #expect(try Self.read(stored, .zlib, limit: 2) == [0x68, 0x69])
    #expect(Self.made([0x68, 0x69], .zlib, level: 0) == stored)
  }

  /// The end may come with a piece of the stream that gives no content.
  @Test(arguments: DeflateFormat.allCases)
  func stream_shouldBeRefused_whenBytesFollowItWhereverItIsCut(format: DeflateFormat) {
    for content in [[], [UInt8](repeating: 5, count: 100)] {
      let bytes = Self.made(content, format, level: 6) + [1, 2, 3]
      for step in 1...bytes.count {
        expect("compression_trailing_bytes") {
          try Self.read(bytes, format, limit: content.count, step: step)
        }
      }
    }
  }

  @Test(arguments: DeflateFormat.allCases)
  func error_shouldBeThrownAgain(format: DeflateFormat) {
    let stream = InflateStream(format, limit: 9)
    stream.feed([1, 2, 3, 4])
    for _ in 0..<3 { expect("compression_foreign") { try stream.next() } }
    expect("compression_foreign") { try stream.finish() }
  }
}
