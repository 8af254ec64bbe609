/// Which test drives which named limit. Kept complete both ways by `LimitTableTests`.
enum LimitTable {
  /// How it is known that a limit is kept.
  enum Proof: Equatable {
    /// The test drives the limit, which its file names.
    case driven(by: String)
    /// It bounds nothing by itself, for this reason: a first guess, a weight, or a default of a
    /// setting whose own values are tested.
    case estimate(String)
    /// A bound that no test drives by its name yet.
    case undriven
  }

  /// Every limit of the package, as `Enum.name`.
  static let all: [String: Proof] = [
    compressionLimits,
    eventLogLimits,
    ledgerLimits,
    liveSyncLimits,
    merkleLimits,
    networkingLimits,
    primitiveLimits,
    runtimeLimits,
    fixtureLimits,
    simulatedNetworkLimits,
    simulatedLinksLimits,
    loopbackLimits,
    simulationLimits,
    campaignLimits,
    streamsLimits,
    stateTrieLimits,
    transportLimits,
    daemonLimits,
    httpServerLimits,
    monitoringLimits,
    productionLimits,
    snapshotLimits,
    snapshotMessageLimits,
    snapshotJoiningLimits,
    snapshotCallLimits,
    stateReconciliationLimits,
    abciLimits,
    storageLimits,
    binaryDifferenceLimits,
    reconciliationLimits,
    reconciliationTreeLimits,
    reconciliationRangesLimits,
    reconciliationSessionsLimits,
    sketchLimits, transferLimits,
    crdtLimits,
    deltaLimits,
    conflictLimits,
    respLimits,
    keyValueLimits,
    keyValueDurabilityLimits,
    keyValueReplicationLimits,
    keyValueSessionLimits,
    keyValueClusterLimits,
    replicaSimulationLimits,
  ].reduce(into: [:]) { all, room in
    all.merge(room) { first, _ in first }
  }

  /// Bounds that no test drives yet are not to become more.
  static let undrivenMax = 34
}
