/// How a value is sent to someone who has an older one.
public protocol ValueTransfer: Sendable {
  /// What the asking side sends of the value that it has, so that the other side can make a patch;
  /// nil if it wants the value itself.
  /// - Parameter size: bytes of the value that is wanted.
  func offer(of base: [UInt8], for size: Int) -> [UInt8]?
  /// A patch that makes `value` of what was offered; nil if there is none smaller than the value.
  func patch(to value: [UInt8], from offer: [UInt8]) -> [UInt8]?
  /// The value of a patch. Nil if it makes another one, as an honest patch may by chance: then the
  /// value is asked for whole. Throws if nobody honest sends such a patch.
  /// - Parameter size: bytes that it must have.
  func value(
    of patch: [UInt8], base: [UInt8], size: Int
  ) throws(ReconciliationError) -> [UInt8]?
}

/// Values go as they are.
public struct WholeValues: ValueTransfer {
  public init() {}
  public func offer(of base: [UInt8], for size: Int) -> [UInt8]? { nil }
  public func patch(to value: [UInt8], from offer: [UInt8]) -> [UInt8]? { nil }
  public func value(
    of patch: [UInt8], base: [UInt8], size: Int
  ) throws(ReconciliationError) -> [UInt8]? { nil }
}
