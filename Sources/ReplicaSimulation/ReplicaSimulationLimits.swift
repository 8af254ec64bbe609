/// What bounds a world of replicas.
public enum ReplicaSimulationLimits {}
