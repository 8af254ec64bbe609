extension LimitTable {
  static let replicaSimulationLimits: [String: Proof] = [
    "ReplicaSimulationLimits.replicasMin": .driven(
      by: "replicas_shouldAgreeOnWhatTheModelSays_underEveryFault"),
    "ReplicaSimulationLimits.replicasMax": .driven(
      by: "replicas_shouldAgreeOnWhatTheModelSays_underEveryFault"),
    "ReplicaSimulationLimits.clusterReplicasMin": .driven(
      by: "clusters_shouldHoldWhatTheModelSays_underEveryFault"),
    "ReplicaSimulationLimits.keyValueConvergenceMillisecondsMax": .driven(
      by: "cluster_shouldBeGivenUp_whenItIsNotEqualInTime"),
    "ReplicaSimulationLimits.answerTicksMax": .estimate(
      "longer than both ways of a message and a step between them"),
    "ReplicaSimulationLimits.worldEventsMax": .estimate(
      "no run of a bounded plan comes near; it ends one that would never come to rest"),
    "ReplicaSimulationLimits.convergenceMillisecondsMax": .driven(
      by: "holes_shouldKeepReplicasApart_whenTheyAreAcknowledged"),
    "ReplicaSimulationLimits.reportedEventsMax": .driven(
      by: "plantedFault_shouldBeFound_withinAFewSeeds"),
    "ReplicaSimulationLimits.shrinkRunsMax": .estimate("a piece of work, not a bound"),
    "ReplicaSimulationLimits.quietTicksMax": .driven(
      by: "sessionWithoutAnswers_shouldBeBegunAnew_afterQuietTicks"),
    "ReplicaSimulationLimits.logOperationsMin": .driven(
      by: "logs_shouldBeOfAllLengths_acrossSeeds"),
    "ReplicaSimulationLimits.logOperationsMax": .driven(
      by: "logs_shouldBeOfAllLengths_acrossSeeds"),
    "ReplicaSimulationLimits.keptFailuresMax": .driven(by: "failures_shouldBeKept_upToALimit"),
  ]
}
