/// What can be done with a descriptor now.
public struct Readiness: OptionSet, Sendable, Hashable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// There are bytes or connections to take, or the end of them.
  public static let readable = Readiness(rawValue: 1)
  /// There is room to write.
  public static let writable = Readiness(rawValue: 2)
  /// The other end is gone, or the descriptor has failed.
  public static let closed = Readiness(rawValue: 4)
}

/// Names a descriptor that is watched.
public struct WatchTicket: Hashable, Sendable {
  let number: UInt64
}
