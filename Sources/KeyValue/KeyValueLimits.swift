/// What bounds the store and its clients.
public enum KeyValueLimits {}
