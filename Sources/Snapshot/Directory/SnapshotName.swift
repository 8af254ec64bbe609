/// What a snapshot's directory is called: its height and its format.
public struct SnapshotName: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The format with a proof for every piece.
  public static let provable: UInt32 = 2

  public let height: UInt32
  public let format: UInt32

  public init(height: UInt32, format: UInt32 = Self.provable) {
    self.height = height
    self.format = format
  }

  /// Reads `<height>-<format>`, both without leading zeros; nil for any other text.
  public init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let height = UInt32(parts[0]), let format = UInt32(parts[1]) else {
      return nil
    }
    self.init(height: height, format: format)
    // Signs and leading zeros give numbers too.
    guard description == text else { return nil }
  }

  public var description: String { "\(height)-\(format)" }

  /// By height, then by format.
  public static func < (left: Self, right: Self) -> Bool {
    (left.height, left.format) < (right.height, right.format)
  }
}
