import Foundation

/// How much a property test does: little in the test suite, more on request.
public enum Campaign {
  /// The number of seeds in the environment variable `name`, or `default`.
  public static func seeds(_ name: String, default count: UInt64) -> UInt64 {
    ProcessInfo.processInfo.environment[name].flatMap(UInt64.init) ?? count
  }
}
