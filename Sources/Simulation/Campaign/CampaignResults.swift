import Primitives

/// The results of one campaign, from one file or several, each seed once.
public struct CampaignResults: Sendable {
  public private(set) var campaign: CampaignIdentity?
  private var bySeed: [UInt64: SeedResult] = [:]

  /// - Parameter campaign: what every result must belong to; nil = what the first one does.
  public init(of campaign: CampaignIdentity? = nil) {
    self.campaign = campaign
  }

  public var count: Int { bySeed.count }

  /// All results by seed.
  public var sorted: [SeedResult] { bySeed.values.sorted { $0.seed < $1.seed } }

  public func contains(_ seed: UInt64) -> Bool { bySeed[seed] != nil }

  /// Takes a result in; false if it is there already. Throws if it belongs to another campaign, or
  /// says something else than one of the same seed.
  @discardableResult
  public mutating func add(_ result: SeedResult) throws(CampaignError) -> Bool {
    try (campaign ?? result.campaign).check(result.campaign)
    campaign = result.campaign
    if let known = bySeed[result.seed] {
      if let difference = known.difference(from: result) { throw difference }
      return false
    }
    bySeed[result.seed] = result
    return true
  }
}
