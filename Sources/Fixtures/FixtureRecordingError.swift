/// Why no fixture was recorded.
public struct FixtureRecordingError: Error, Sendable, Equatable, CustomStringConvertible {
  private let reason: String
  /// True if nothing is wrong but the chain that this seed gives: another one will do.
  public let isForSeed: Bool

  init(_ reason: String) {
    self.reason = reason
    isForSeed = false
  }

  private init(seed reason: String) {
    self.reason = reason
    isForSeed = true
  }

  /// The seed gives a chain that is no use as a fixture.
  static func seed(_ reason: String) -> FixtureRecordingError {
    FixtureRecordingError(seed: reason)
  }

  public var description: String {
    isForSeed ? "this seed gives a chain that \(reason); take another seed" : reason
  }
}
