/// How a comparison by trees goes about it.
public struct MerkleSettings: Sendable, Hashable {
  /// Nodes of one request: 1…`ReconciliationLimits.batchNodesMax`.
  public var batchNodes = 100
  /// Requests that are under way at a time, 1 or more.
  public var requestsInFlight = 16
  /// Ends the comparison, incomplete, as soon as more differences than that are known.
  public var differencesMax = ReconciliationLimits.differencesMax
  /// Ends the comparison with `.limitReached` as soon as more nodes wait to be asked for.
  public var waitingNodesMax = ReconciliationLimits.waitingNodesMax

  public init() {}

  var checked: MerkleSettings {
    var settings = self
    settings.batchNodes = min(max(1, batchNodes), ReconciliationLimits.batchNodesMax)
    settings.requestsInFlight = max(1, requestsInFlight)
    settings.differencesMax = min(max(0, differencesMax), ReconciliationLimits.differencesMax)
    settings.waitingNodesMax = min(max(1, waitingNodesMax), ReconciliationLimits.waitingNodesMax)
    return settings
  }
}
