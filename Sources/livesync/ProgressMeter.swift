import Foundation
import Streams

/// A progress line with percentage and the time that is left, on a terminal only.
final class ProgressMeter {
  private let start = ContinuousClock.now
  private var shown = ContinuousClock.now
  /// Milliseconds between two lines.
  private static let interval = Duration.milliseconds(100)

  /// Shows how much is done, in parts per million, with a note. What was done before the command
  /// began says nothing of its speed.
  func show(_ partsPerMillion: Int, _ note: String, startingAt before: Int = 0) {
    guard Console.isTerminal, shown.duration(to: .now) >= Self.interval else { return }
    shown = .now
    let spent = Double(start.duration(to: .now).milliseconds) / 1000
    let share = Double(partsPerMillion) / 1_000_000
    let own = Double(partsPerMillion - before) / 1_000_000
    let eta = own > 0.01 ? String(format: "%.0f s left", spent / own * (1 - share)) : "…"
    Console.progress(String(format: "%3.0f %%  %@  %@", share * 100, note, eta))
  }
}

extension Duration {
  var milliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
