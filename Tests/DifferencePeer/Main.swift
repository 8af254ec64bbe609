import BinaryDifference
import Compression
import Foundation
import Primitives

/// Makes and applies differences in others' formats, for their programs to apply and make; and
/// measures all methods.
@main
struct Main {
  static let usage = """
    usage: difference-peer COMMAND FILE FILE OUTPUT
           difference-peer measure

      vcdiff-encode BASE TARGET   vcdiff-decode BASE DELTA
      rdiff-delta SIGNATURE TARGET   rdiff-patch BASE DELTA   rdiff-signature BASE BASE
      zstd-encode BASE TARGET   zstd-decode BASE FRAME
    """

  static func main() {
    let words = CommandLine.arguments
    if words.count == 2, words[1] == "measure" { return Measurement.run() }
    guard words.count == 5, let first = FileManager.default.contents(atPath: words[2]),
      let second = FileManager.default.contents(atPath: words[3])
    else { end(usage, 2) }
    do {
      let output = try run(words[1], Array(first), Array(second))
      guard FileManager.default.createFile(atPath: words[4], contents: Data(output)) else {
        end("\(words[4]) cannot be written", 1)
      }
    } catch { end("\(error)", 1) }
  }

  private static func run(
    _ command: String, _ first: [UInt8], _ second: [UInt8]
  ) throws -> [UInt8] {
    switch command {
    case "vcdiff-encode":
      guard let script = BinaryDiffEngine().script(from: first, to: second) else { break }
      // Small windows, so that there are several.
      return script.vcdiffBytes(windowBytes: 100_000)
    case "vcdiff-decode": return try VCDIFF.target(of: second, from: first)
    case "rdiff-signature":
      guard let signature = BlockSignature(of: first, blockBytes: 512) else { break }
      return signature.rdiffBytes
    case "rdiff-delta":
      guard let script = try BlockSignature(rdiff: first).script(to: second) else { break }
      return script.rdiffBytes
    case "rdiff-patch": return try EditScript(rdiff: second).target(from: first)
    case "zstd-encode":
      guard let frame = ZstdCompressor(level: 3).frame(of: second, after: first) else { break }
      return frame
    case "zstd-decode":
      let limit = BinaryDifferenceLimits.targetBytesMax
      return try ZstdDecompressor().content(of: second, after: first, .atMost(limit))
    default: end(usage, 2)
    }
    end("the files are too large", 1)
  }

  static func end(_ text: String, _ code: Int32) -> Never {
    FileHandle.standardError.write(Data((text + "\n").utf8))
    exit(code)
  }
}
