import Compression
import TestSupport
import Testing

@Suite struct ZstdDictionaryTests {
  private static func sample(_ generator: inout SeededGenerator) -> [UInt8] {
    Array(
      #"{"user":"user:\#(generator.below(100_000))","name":"n\#(generator.below(50))"}"#.utf8)
  }

  private static func samples(_ count: Int, seed: UInt64) -> [[UInt8]] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in sample(&generator) }
  }

  @Test func dictionary_shouldMakeSmallContentsSmaller_andBeNeededToReadThem() throws {
    let bytes = try #require(
      ZstdDictionary.trained(on: Self.samples(2_000, seed: 1), bytesMax: 4_096))
    #expect(bytes == ZstdDictionary.trained(on: Self.samples(2_000, seed: 1), bytesMax: 4_096))
    let dictionary = try #require(ZstdDictionary(bytes, level: 3))
    let compressor = ZstdCompressor(level: 3)
    let decompressor = ZstdDecompressor()
    var (plain, with) = (0, 0)
    for content in Self.samples(100, seed: 2) + [[]] {
      let frame = compressor.frame(of: content, with: dictionary)
      with += frame.count
      plain += compressor.frame(of: content).count
      let size = ZstdDecompressor.Size.exactly(content.count)
      #expect(try decompressor.content(of: frame, with: dictionary, size) == content)
      #expect(try decompressor.content(of: compressor.frame(of: content), size) == content)
      guard !content.isEmpty else { continue }
      #expect(throws: CompressionError.self) { try decompressor.content(of: frame, size) }
      expect("compression_too_large") {
        try decompressor.content(of: frame, with: dictionary, .atMost(content.count - 1))
      }
    }
    #expect(with * 3 < plain * 2, "\(with) of \(plain) bytes")
  }

  @Test func dictionary_shouldBeRefused_whenItIsTooLargeOrNone() throws {
    let most = CompressionLimits.dictionaryBytesMax
    let bytes = try #require(
      ZstdDictionary.trained(on: Self.samples(9_000, seed: 1), bytesMax: 2 * most))
    #expect(bytes.count <= most)
    #expect(ZstdDictionary(bytes, level: 1) != nil)
    let more = bytes + [UInt8](repeating: 1, count: most + 1 - bytes.count)
    #expect(ZstdDictionary(more, level: 1) == nil)
    #expect(ZstdDictionary(more.dropLast(), level: 1) != nil)
    #expect(ZstdDictionary([], level: 1) == nil)
    #expect(ZstdDictionary(Array(bytes.dropFirst()), level: 1) == nil)
    #expect(ZstdDictionary.trained(on: [], bytesMax: most) == nil)
    #expect(ZstdDictionary.trained(on: [[1, 2, 3]], bytesMax: most) == nil)
  }

  @Test func samples_shouldBeTakenUpToTheirLimit() throws {
    let samples = Self.samples(1_000, seed: 1)
    let long = [UInt8](repeating: 7, count: CompressionLimits.sampleBytesMax)
    #expect(
      ZstdDictionary.trained(on: samples + [long], bytesMax: 2_048)
        == ZstdDictionary.trained(on: samples, bytesMax: 2_048))
  }
}
