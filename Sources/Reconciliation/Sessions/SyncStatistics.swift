import Runtime

/// What was saved by sending values as patches.
public struct CompressionStatistics: Sendable, Hashable {
  /// Bytes of the values.
  public private(set) var originalBytes = 0
  /// Bytes that were sent for them.
  public private(set) var compressedBytes = 0
  private var values = 0
  private var ratios = 0.0

  public init() {}

  /// Mean over the values of sent bytes per byte of the value; 1 if there were none.
  public var averageRatio: Double { values == 0 ? 1 : ratios / Double(values) }

  /// A value of `original` bytes was sent as `compressed`.
  public mutating func add(original: Int, compressed: Int) {
    originalBytes += original
    compressedBytes += compressed
    guard original > 0 else { return }
    values += 1
    ratios += Double(compressed) / Double(original)
  }

  public mutating func add(_ other: CompressionStatistics) {
    originalBytes += other.originalBytes
    compressedBytes += other.compressedBytes
    values += other.values
    ratios += other.ratios
  }
}

/// What sessions cost and brought: of one session, or of all that ended.
public struct SyncStatistics: Sendable, Hashable {
  /// Bytes of requests and answers.
  public var bytes = 0
  /// Records that were received or sent.
  public var items = 0
  /// Sessions that ended, and the time that they took together.
  public private(set) var sessions = 0
  private var time: Duration = .zero
  public var compression = CompressionStatistics()

  public init() {}

  /// Milliseconds that a session took on average; 0 if none ended.
  public var averageSessionMilliseconds: Double {
    sessions == 0 ? 0 : Double(time.wholeNanoseconds) / 1e6 / Double(sessions)
  }

  /// A session ended after `duration`.
  public mutating func ended(after duration: Duration) {
    sessions += 1
    time += duration
  }

  public mutating func add(_ other: SyncStatistics) {
    bytes += other.bytes
    items += other.items
    sessions += other.sessions
    time += other.time
    compression.add(other.compression)
  }
}
