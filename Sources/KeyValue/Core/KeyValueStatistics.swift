/// What a store counted since it began.
public struct KeyValueStatistics: Sendable, Hashable {
  /// Requests that were executed or refused.
  public var requests: UInt64 = 0
  /// Keys that were looked for and found, and those that were not.
  public var hits: UInt64 = 0
  public var misses: UInt64 = 0
  /// Keys whose time was over.
  public var expired: UInt64 = 0
  /// Keys written, each once a batch.
  public var written: UInt64 = 0
  /// Batches that wrote something.
  public var writingBatches: UInt64 = 0
  /// Replies that were errors.
  public var errors: UInt64 = 0
  /// What the server knows of its connections.
  public var connections: UInt64 = 0
  public var refusedConnections: UInt64 = 0
  public var clients = 0
  public var receivedBytes: UInt64 = 0
  public var sentBytes: UInt64 = 0

  public init() {}
}
