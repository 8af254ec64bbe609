import Foundation

/// How much a property test does: little in the test suite, more on request.
public enum Campaign {
  /// The number of seeds in the environment variable `name`, or `default`.
  public static func seeds(_ name: String, default count: UInt64) -> UInt64 {
    text(name).flatMap(UInt64.init) ?? count
  }

  /// The environment variable `name`, nil if it is not set or empty.
  public static func text(_ name: String) -> String? {
    ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }
}
