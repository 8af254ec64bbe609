import Daemon
import Foundation
import Node

/// Where a node stands, in one line.
enum StatusLine {
  static func text(of progress: SyncProgress, node: NodeProcess) -> String {
    let share = Double(progress.heldPartsPerMillion) / 10_000
    var words = [
      "block \(progress.headNumber)",
      progress.missingRanges == 0 ? "state complete" : String(format: "state %.1f %%", share),
      "\(progress.peers) peers",
    ]
    if let forecast = progress.forecast, progress.missingRanges > 0 {
      words.append(forecast.text)
    }
    if let blocker = progress.blocker { words.append("waits: \(blocker.rawValue)") }
    if progress.isEstablished { words.append("agrees with the network") }
    return words.joined(separator: ", ")
  }
}
