/// What bounds the log of operations and its messages.
public enum DeltaLimits {}
