import EventLog
import Primitives

/// A log as a space-time diagram that ShiViz draws: a line for each record with its node, the
/// node's vector clock, and what the record says.
///
/// The first line is the expression that finds these parts, the second the one that would tell
/// several executions apart, which is empty. A clock counts the records of its node; it takes over
/// what the sender of a message knew, and what the record that is named as the cause knew if that
/// is of another node.
public struct SpaceTimeExport: Sendable {
  /// The least level of records that get a line. The clocks of the others run too, but only over
  /// lines that are there, as the form demands: what such a record has learnt, the next line knows.
  private let least: EventLevel
  private var hosts: [String: Int] = [:]
  private var names: [String] = []
  private var clocks: [[UInt64]] = []
  private var sent = BoundedMap<UInt64, [UInt64]>(limit: ReportLimits.spaceTimePendingMax)
  private var pairs = MessagePairs()

  /// A diagram of no records yet, of those with this level or a higher one.
  public init(least: EventLevel = .debug) {
    self.least = least
  }

  /// The bytes before the first record.
  public static let head = Array(#"(?<host>\S+) (?<clock>\{[^}]*\}) (?<event>.*)"#.utf8) + [10, 10]

  /// The line of the next record, nothing if its level is too low.
  public mutating func add(_ record: EventRecord) throws(ExportError) -> [UInt8] {
    let record = StoryRecord(record)
    let part = pairs.take(record)
    let host = try host(of: record)
    for sender in [part.receives, record.record.cause] {
      if let known = sender.flatMap({ sent[$0] }) { learn(known, host) }
    }
    let isShown = Self.rank(record.record.event.level) >= Self.rank(least)
    if isShown { clocks[host][host] += 1 }
    sent[record.sequence] = clocks[host]
    return isShown ? line(record, host) : []
  }

  private mutating func host(of record: StoryRecord) throws(ExportError) -> Int {
    if let host = hosts[record.node] { return host }
    guard names.count < ReportLimits.spaceTimeHostsMax else {
      throw .tooManyNodes(limit: ReportLimits.spaceTimeHostsMax, sequence: record.sequence)
    }
    let host = names.count
    hosts[record.node] = host
    names.append(Self.hostName(record.node))
    for other in clocks.indices { clocks[other].append(0) }
    clocks.append([UInt64](repeating: 0, count: host + 1))
    return host
  }

  private mutating func learn(_ known: [UInt64], _ host: Int) {
    for (other, count) in known.enumerated() where other != host {
      clocks[host][other] = max(clocks[host][other], count)
    }
  }

  private func line(_ record: StoryRecord, _ host: Int) -> [UInt8] {
    let clock = zip(names, clocks[host]).filter { $0.1 > 0 }.map { "\"\($0.0)\":\($0.1)" }
    let event =
      "\(record.name) #\(record.sequence) \(Figures.moment(record.time)): "
      + StorySentence.of(record)
    return Array(
      "\(names[host]) {\(clock.joined(separator: ","))} \(PrintableText.line(event))\n".utf8)
  }

  /// The name of a node without what would end it: all but letters, digits and a few signs stand as
  /// `%` and two digits. The run is `run`.
  private static func hostName(_ node: String) -> String {
    if node == EventContext.run.node { return "run" }
    var name = ""
    for byte in node.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
        UInt8(ascii: "."):
        name.unicodeScalars.append(Unicode.Scalar(byte))
      default: name += "%" + Hex.string([byte])
      }
    }
    // A node of this name must not be taken for the run.
    return name.isEmpty ? "%" : name == "run" ? "%72un" : name
  }

  private static func rank(_ level: EventLevel) -> Int {
    EventLevel.allCases.firstIndex(of: level) ?? 0
  }
}
