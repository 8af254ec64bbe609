/// Reads a file of results piece by piece.
public struct ResultReader {
  private var rest: [UInt8] = []
  private var number = 0
  /// Bytes of the whole lines read so far.
  public private(set) var wholeBytes = 0

  public init() {}

  /// Bytes after the last whole line: what a run that ended in the middle was writing.
  public var cutBytes: Int { rest.count }

  /// Takes the next bytes and hands every whole line's result to `body`. Throws with the line's
  /// number for one that is no result or is too long.
  public mutating func read(
    _ bytes: [UInt8], _ body: (SeedResult) throws(CampaignError) -> Void
  ) throws(CampaignError) {
    rest += bytes
    var start = 0
    while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
      number += 1
      guard end - start <= CampaignLimits.lineBytesMax else {
        throw CampaignError.longLine.at(line: number)
      }
      do throws(CampaignError) {
        try body(SeedResult(line: Array(rest[start..<end])))
      } catch { throw error.at(line: number) }
      wholeBytes += end + 1 - start
      start = end + 1
    }
    rest.removeFirst(start)
    guard rest.count <= CampaignLimits.lineBytesMax else {
      throw CampaignError.longLine.at(line: number + 1)
    }
  }
}
