/// Names one way to find out what two replicas differ in, on the wire and in logs.
///
/// A room above adds its own by a number that is free here and a `StrategyModel` of what it costs;
/// nothing in this room has to know it.
public struct StrategyID: Sendable {
  /// The number on the wire; 0…63 are this room's.
  public let rawValue: UInt8
  /// A stable name for the event log.
  public let name: String

  public init(_ rawValue: UInt8, name: String) {
    self.rawValue = rawValue
    self.name = name
  }

  /// All ids, streamed.
  public static let full = StrategyID(1, name: "full")
  /// Descent of a 16-ary tree over hashed keys.
  public static let merkle = StrategyID(2, name: "merkle")
  /// Bloom filters, followed by an exact phase.
  public static let bloom = StrategyID(3, name: "bloom")
  /// A table sized by a strata estimate.
  public static let table = StrategyID(4, name: "iblt")
  /// Coded symbols without a fixed number, from a prefix that is kept current.
  public static let rateless = StrategyID(5, name: "riblt")
  /// Ranges in order of version (negentropy).
  public static let ranges = StrategyID(6, name: "ranges")

  /// Those of this room.
  public static let all: [StrategyID] = [.full, .merkle, .bloom, .table, .rateless, .ranges]
}

extension StrategyID: Hashable, Comparable, CustomStringConvertible {
  public var description: String { name }

  public static func == (a: StrategyID, b: StrategyID) -> Bool { a.rawValue == b.rawValue }
  public static func < (a: StrategyID, b: StrategyID) -> Bool { a.rawValue < b.rawValue }
  public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}
