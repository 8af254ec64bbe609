import Foundation
import Reconciliation
import Streams

/// Recorded pairs of sets as lines of numbers: a line for each pair, then one for each strategy,
/// one for a look at ranges and one for what symbols tell.
enum ReconcileRecording {
  /// Largest file that is read, in bytes.
  private static let bytesMax = 64 << 20

  static func write(_ worlds: [RecordedWorld], to path: String) throws {
    var lines: [String] = []
    for world in worlds {
      lines.append(
        "world \(world.localCount) \(world.remoteCount) \(world.difference) "
          + "\(world.clustering.rawValue) \(world.symbolsNeeded) "
          + "\(Int(world.symbolBytes * 1e6))")
      for (strategy, transcript) in world.transcripts.sorted(by: { $0.key < $1.key }) {
        let numbers = transcript.flights.map {
          "\($0.upBytes) \($0.downBytes) \($0.localNs) \($0.remoteNs)"
        }
        lines.append((["strategy \(strategy)"] + numbers).joined(separator: " "))
      }
      if let look = world.look {
        lines.append(
          "look \(look.seen.parts) \(look.seen.differing) \(look.flight.upBytes) "
            + "\(look.flight.downBytes) \(look.flight.localNs) \(look.flight.remoteNs)")
      }
      let told = world.told.map { "\($0.symbols) \(Int($0.difference * 1e3))" }
      lines.append((["told"] + told).joined(separator: " "))
    }
    try OutputFile(path: path).write(Array((lines.joined(separator: "\n") + "\n").utf8))
  }

  static func read(_ path: String) throws -> [RecordedWorld] {
    var file = try InputFile(path: path)
    let text = String(decoding: try file.all(limit: bytesMax), as: UTF8.self)
    var worlds: [RecordedWorld] = []
    for (place, line) in text.split(separator: "\n").enumerated() {
      let words = line.split(separator: " ")
      let numbers = words.dropFirst().compactMap { Int($0) }
      guard numbers.count == words.count - 1, take(words.first ?? "", numbers, &worlds) else {
        throw BenchmarkError("'\(path)', line \(place + 1): no recording")
      }
    }
    return worlds
  }

  private static func take(
    _ kind: Substring, _ numbers: [Int], _ worlds: inout [RecordedWorld]
  ) -> Bool {
    if kind == "world" {
      guard numbers.count == 6, let clustering = RecordedWorld.Clustering(rawValue: numbers[3])
      else { return false }
      var world = RecordedWorld(
        localCount: numbers[0], remoteCount: numbers[1], difference: numbers[2],
        clustering: clustering)
      world.symbolsNeeded = numbers[4]
      world.symbolBytes = Double(numbers[5]) / 1e6
      worlds.append(world)
      return true
    }
    guard var world = worlds.popLast() else { return false }
    defer { worlds.append(world) }
    switch kind {
    case "strategy":
      guard numbers.count % 4 == 1, let strategy = UInt8(exactly: numbers[0]) else { return false }
      let flights = stride(from: 1, to: numbers.count, by: 4).map {
        StrategyTranscript.Flight(
          upBytes: numbers[$0], downBytes: numbers[$0 + 1], localNs: numbers[$0 + 2],
          remoteNs: numbers[$0 + 3])
      }
      world.transcripts[strategy] = StrategyTranscript(flights: flights)
    case "look":
      guard numbers.count == 6, let parts = UInt8(exactly: numbers[0]),
        let differing = UInt8(exactly: numbers[1])
      else { return false }
      world.look = .init(
        seen: PartsLook(parts: parts, differing: differing),
        flight: .init(
          upBytes: numbers[2], downBytes: numbers[3], localNs: numbers[4], remoteNs: numbers[5]))
    case "told":
      guard numbers.count % 2 == 0 else { return false }
      world.told = stride(from: 0, to: numbers.count, by: 2).map {
        .init(symbols: numbers[$0], difference: Double(numbers[$0 + 1]) / 1e3)
      }
    default: return false
    }
    return true
  }
}
