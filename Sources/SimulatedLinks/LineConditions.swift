/// How bytes fare between two hosts.
public struct LineConditions: Sendable, Hashable {
  /// Least time of a segment on its way.
  public var latency: Duration
  /// Mean of the exponentially distributed extra time of a segment. Segments of one link stay in
  /// order.
  public var jitterMean: Duration
  /// Segments in a million that are lost, and sent again.
  public var lossPerMillion: Int
  /// Dials in a million that are refused although somebody listens.
  public var refusedPerMillion: Int
  /// Links in a million that break: both ends are told, one after the other.
  public var brokenPerMillion: Int
  /// Links in a million that carry nothing more from some byte on, and nobody is told.
  public var silentPerMillion: Int

  public init(
    latency: Duration = .milliseconds(20), jitterMean: Duration = .zero, lossPerMillion: Int = 0,
    refusedPerMillion: Int = 0, brokenPerMillion: Int = 0, silentPerMillion: Int = 0
  ) {
    self.latency = latency
    self.jitterMean = jitterMean
    self.lossPerMillion = lossPerMillion
    self.refusedPerMillion = refusedPerMillion
    self.brokenPerMillion = brokenPerMillion
    self.silentPerMillion = silentPerMillion
  }
}

/// What goes wrong with a link, once both ends together have sent so many bytes.
public enum LinkFault: Sendable, Hashable {
  /// It breaks; of the bytes on their way those before this one still arrive.
  case breaks(afterBytes: Int)
  /// It carries nothing from this byte on, and nobody is told.
  case fallsSilent(afterBytes: Int)

  var bytes: Int {
    switch self {
    case .breaks(let bytes), .fallsSilent(let bytes): bytes
    }
  }
}

/// What a host can send and receive.
public struct HostCapacity: Sendable, Hashable {
  /// Bytes a second that leave the host; nil = no limit.
  public var uploadBytesPerSecond: Int?
  /// Bytes a second that come to it; nil = no limit.
  public var downloadBytesPerSecond: Int?

  public init(uploadBytesPerSecond: Int? = nil, downloadBytesPerSecond: Int? = nil) {
    self.uploadBytesPerSecond = uploadBytesPerSecond
    self.downloadBytesPerSecond = downloadBytesPerSecond
  }
}
