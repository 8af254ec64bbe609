/// Seeds that follow one another.
public struct SeedSpan: Sendable, Hashable, CustomStringConvertible {
  public let first: UInt64
  /// At least 1.
  public let count: Int

  /// The seeds of a text: `0..<200` or `0...199`.
  public init(_ text: String) throws(CampaignError) {
    var ends = Self.halves(text, "..<")
    let isOpen = ends != nil
    ends = ends ?? Self.halves(text, "...")
    guard let ends, let first = UInt64(ends.0), var last = UInt64(ends.1),
      isOpen ? first < last : first <= last
    else { throw .badSeeds(text) }
    if isOpen { last -= 1 }
    guard last - first < UInt64(CampaignLimits.seedsMax) else { throw .badSeeds(text) }
    self.first = first
    count = Int(last - first) + 1
  }

  public func contains(_ seed: UInt64) -> Bool { (first...last).contains(seed) }

  public var last: UInt64 { first + UInt64(count - 1) }
  public var description: String { "\(first)...\(last)" }

  /// What stands before and after `mark`, if it stands in the text once.
  private static func halves(_ text: String, _ mark: String) -> (Substring, Substring)? {
    let parts = text.split(separator: mark, omittingEmptySubsequences: false)
    return parts.count == 2 ? (parts[0], parts[1]) : nil
  }
}

/// One of several equal shares of a campaign's seeds.
public struct Shard: Sendable, Hashable, CustomStringConvertible {
  /// The only share.
  public static let whole = Shard(index: 0, of: 1)

  /// From 0.
  public let index: Int
  /// How many shares there are.
  public let count: Int

  private init(index: Int, of count: Int) {
    self.index = index
    self.count = count
  }

  /// The share of a text such as `0/4`: the first of four.
  public init(_ text: String) throws(CampaignError) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let index = Int(parts[0]), let count = Int(parts[1]),
      "\(index)/\(count)" == text, (1...CampaignLimits.shardsMax).contains(count),
      (0..<count).contains(index)
    else { throw .badShard(text) }
    self.init(index: index, of: count)
  }

  public var description: String { "\(index)/\(count)" }
}

/// The seeds of a share, in order: every `shard.count`th one, since costly ones may stand together.
public struct ShardSeeds: Sendable, Hashable, RandomAccessCollection {
  public let span: SeedSpan
  public let shard: Shard

  public init(_ span: SeedSpan, shard: Shard) {
    self.span = span
    self.shard = shard
  }

  public var startIndex: Int { 0 }
  public var endIndex: Int {
    Swift.max(0, (span.count - shard.index + shard.count - 1) / shard.count)
  }

  public subscript(position: Int) -> UInt64 {
    span.first + UInt64(shard.index + position * shard.count)
  }

  /// True if the seed is one of this share.
  public func contains(_ seed: UInt64) -> Bool {
    guard seed >= span.first, seed <= span.last else { return false }
    return Int(seed - span.first) % shard.count == shard.index
  }
}
