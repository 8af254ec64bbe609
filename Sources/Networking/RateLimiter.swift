import Runtime

/// How many requests of each type one peer may send in a window of time.
public struct RateLimits: Sendable, Hashable {
  /// Length of the window.
  public var window: Duration
  /// Requests per window for types that are to have another limit than their own.
  public var perType: [RequestType: Int]

  public init(
    window: Duration = NetworkingLimits.rateWindow, perType: [RequestType: Int] = [:]
  ) {
    self.window = window
    self.perType = perType
  }

  /// Requests of `type` per window.
  public func limit(of type: RequestType) -> Int { perType[type] ?? type.perWindowMax }
}

/// Counts the requests of each peer and type in fixed windows and says which are too many. What a
/// peer has asked for counts under whatever number it comes back.
///
/// A window opens with the first request after the last window closed, so over any stretch of one
/// window's length at most twice the limit passes.
public struct RateLimiter: Sendable {
  private struct Key: Hashable {
    var peer: PeerID
    /// The number of the type, since the rest of it takes more memory than all else.
    var type: UInt16
  }

  private struct Window {
    var opened: Moment
    var count: Int
  }

  public let limits: RateLimits
  private let windowsMax: Int
  private var windows: [Key: Window] = [:]

  /// - Parameter windowsMax: pairs of peer and type followed at one time; when more are active,
  ///   the requests of new pairs are too many.
  public init(
    limits: RateLimits = RateLimits(), windowsMax: Int = NetworkingLimits.rateWindowsMax
  ) {
    self.limits = limits
    self.windowsMax = windowsMax
  }

  /// Counts a request that arrives at `now`; false if it is one too many and must be refused.
  public mutating func allow(_ type: RequestType, from peer: PeerID, at now: Moment) -> Bool {
    let key = Key(peer: peer, type: type.rawValue)
    if let window = windows[key], isOpen(window, at: now) {
      guard window.count < limits.limit(of: type) else { return false }
      windows[key]?.count += 1
      return true
    }
    guard limits.limit(of: type) > 0 else { return false }
    if windows[key] == nil, windows.count >= windowsMax {
      windows = windows.filter { isOpen($0.value, at: now) }
      if windows.count >= windowsMax { return false }
    }
    windows[key] = Window(opened: now, count: 1)
    return true
  }

  /// Counts a request that was allowed as so many more, for what it takes; `more` is 0 or above.
  /// What is beyond the limit refuses others until the window ends.
  public mutating func charge(_ more: Int, for type: RequestType, of peer: PeerID) {
    guard more > 0, let window = windows[Key(peer: peer, type: type.rawValue)] else { return }
    let (sum, overflow) = window.count.addingReportingOverflow(more)
    windows[Key(peer: peer, type: type.rawValue)]?.count = overflow ? .max : sum
  }

  /// Whether the window that a peer's latest request fell into has room for one more.
  public func hasRoom(for type: RequestType, from peer: PeerID) -> Bool {
    let count = windows[Key(peer: peer, type: type.rawValue)]?.count ?? 0
    return count < limits.limit(of: type)
  }

  /// Pairs of peer and type that are followed.
  public var windowCount: Int { windows.count }

  private func isOpen(_ window: Window, at now: Moment) -> Bool {
    window.opened.duration(to: now) < limits.window
  }
}
