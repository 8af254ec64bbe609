import Foundation
import Streams
import Transport

/// `livesync status`
enum StatusCommand: Command {
  static let specification = CommandSpecification(
    name: "status",
    summary: "Ask a running node where it stands.",
    positionals: [],
    options: [
      .init("--http", "ADDR", help: "where the node answers, by address or name (127.0.0.1:7480)"),
      .init("--watch", help: "ask again every second until Ctrl-C"),
    ],
    notes: ["Exit code 0 if the node is ready: state complete and at the head. Else 11."])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let word = arguments.text("--http") ?? "127.0.0.1:7480"
    guard let place = SocketPlace(word) else {
      throw UsageError("option '--http' needs HOST:PORT, not '\(word)'")
    }
    while true {
      let report: NodeReport
      do {
        let bytes = try answer(of: place)
        if arguments.wantsJSON { Console.printJSON(String(decoding: bytes.body, as: UTF8.self)) }
        report = try NodeReport(bytes.body, of: bytes.address)
      } catch {
        Console.error("\(error)")
        return .liveness
      }
      if !arguments.wantsJSON { Console.print(text(report)) }
      guard arguments.flag("--watch") else { return report.isReady ? .pass : .liveness }
      Thread.sleep(forTimeInterval: 1)
    }
  }

  /// The status of the first address of `place` that answers; what is in the way at the last if
  /// none does.
  private static func answer(
    of place: SocketPlace
  ) throws -> (body: [UInt8], address: SocketAddress) {
    var addresses = try place.addresses()[...]
    while let address = addresses.popFirst() {
      do throws(StatusQueryError) {
        return (try StatusQuery.get("/status", from: address), address)
      } catch { if addresses.isEmpty { throw error } }
    }
    preconditionFailure("\(place) has no address")
  }

  private static func text(_ report: NodeReport) -> String {
    var lines = [
      "\(report.name): \(report.phase), "
        + (report.isReady ? "ready" : "not ready: \(report.unreadyReason ?? "unknown")"),
      "head       \(report.head) \(report.headHash)"
        + (report.networkHead.map { ", the network is at \($0)" } ?? ""),
      "state      \(NodeTable.share(report)), \(report.accounts) accounts",
      "peers      \(report.peers), banned \(report.banned), rejected messages \(report.rejected)",
      "traffic    in \(NodeTable.rate(report.receivedPerSecond)), "
        + "out \(NodeTable.rate(report.sentPerSecond))",
    ]
    if let joined = report.joined { lines.append("snapshot   joined from \(joined)") }
    if let forecast = report.forecast, !report.isComplete { lines.append("forecast   \(forecast)") }
    if let blocker = report.blocker { lines.append("waits for  \(blocker)") }
    return lines.joined(separator: "\n")
  }
}

/// Several nodes in a table.
enum NodeTable {
  static let title = row(
    ["node", "phase", "head", "state", "accounts", "peers", "in", "out", "forecast"])

  static func row(_ report: NodeReport) -> String {
    row([
      report.name, report.phase, "\(report.head)", share(report), "\(report.accounts)",
      "\(report.peers)", rate(report.receivedPerSecond), rate(report.sentPerSecond),
      report.isComplete ? "" : report.forecast ?? report.blocker ?? "",
    ])
  }

  static func row(_ cells: [String]) -> String {
    let widths = [8, 13, 7, 10, 9, 6, 11, 11, 0]
    return zip(cells, widths).map { cell, width in
      cell + String(repeating: " ", count: max(0, width - cell.count))
    }.joined(separator: " ")
  }

  static func share(_ report: NodeReport) -> String {
    report.isComplete ? "complete" : String(format: "%.1f %%", Double(report.heldPpm) / 10_000)
  }

  static func rate(_ bytes: Double) -> String {
    bytes >= 1e6
      ? String(format: "%.1f MB/s", bytes / 1e6) : String(format: "%.1f kB/s", bytes / 1e3)
  }
}
