import Compression
import TestSupport
import Testing

@Suite struct ZstdPrefixTests {
  @Test(arguments: [1, 3, 9])
  func frame_shouldCostWhatIsNew_andGiveItsContentWithThePrefix(level: Int) throws {
    var generator = SeededGenerator(seed: 21)
    let prefix = generator.bytes(3_000_000)
    var content = Array(prefix[1_500_000...] + prefix[..<1_500_000])
    for index in stride(from: 5, to: content.count, by: 100_000) { content[index] ^= 1 }
    let compressor = ZstdCompressor(level: level)
    let plain = compressor.frame(of: content)
    let frame = try #require(compressor.frame(of: content, after: prefix))
    #expect(frame.count < 2_000, "\(frame.count)")
    let decompressor = ZstdDecompressor()
    let size = ZstdDecompressor.Size.exactly(content.count)
    #expect(try decompressor.content(of: frame, after: prefix, size) == content)
    // The same objects go on without a prefix as ever.
    #expect(compressor.frame(of: content) == plain)
    #expect(try decompressor.content(of: plain, size) == content)
    #expect(throws: CompressionError.self) { try decompressor.content(of: frame, size) }
    #expect(throws: CompressionError.self) {
      try decompressor.content(of: frame, after: content, size)
    }
    expect("compression_too_large") {
      try decompressor.content(of: frame, after: prefix, .atMost(content.count - 1))
    }
    #expect(try decompressor.content(of: frame, after: prefix, size) == content)
  }

  @Test func frame_shouldGiveItsContent_whateverBothAre() throws {
    let compressor = ZstdCompressor(level: 1)
    let decompressor = ZstdDecompressor()
    for prefix in ZstdTests.contents {
      for content in ZstdTests.contents {
        let frame = try #require(compressor.frame(of: content, after: prefix))
        let read = try decompressor.content(of: frame, after: prefix, .exactly(content.count))
        #expect(read == content)
      }
    }
  }

  @Test func frame_shouldNotBeMade_whenPrefixAndContentAreTooLarge() {
    // Nobody touches the bytes: they take no memory.
    let most = 1 << CompressionLimits.prefixWindowLogMax
    let prefix = [UInt8](unsafeUninitializedCapacity: most) { _, count in count = most }
    #expect(ZstdCompressor(level: 1).frame(of: [1], after: prefix) == nil)
  }
}
