import CRDT
import Delta
import Primitives
import Runtime
import TestSupport

/// One replica of a small network: a log, and the dots that it has applied.
struct DeltaPeer {
  var log: OperationLog
  var applied: Set<Dot> = []
  let codec = DeltaCodec()
  var links: [Int: DeltaLink] = [:]
}

/// Replicas joined by lines that lose, repeat and reorder. All that happens comes from the seed.
final class DeltaNetwork {
  struct Line: Hashable {
    let from: Int
    let to: Int
  }

  var peers: [DeltaPeer]
  var random: SeededGenerator
  var now = Moment.start
  var lossPercent = 0
  var repeatPercent = 0
  /// Loses the message of this number, counted from 0.
  var lost: Int?
  /// Changes what a message says.
  var lie: (Line, DeltaMessage) -> DeltaMessage = { $1 }
  private var wire: [(line: Line, bytes: [UInt8], at: Moment)] = []
  private(set) var messages = 0
  private(set) var bytes = 0
  private(set) var comparisons: [DeltaError] = []
  private(set) var penalties: [DeltaError] = []
  private(set) var silences = 0
  /// Operations that came out of order, twice or before their causes.
  private(set) var faults = 0

  /// - Parameter joined: which replicas have a line.
  init(_ count: Int, joined: [(Int, Int)], seed: UInt64, bounds: LogBounds = LogBounds()) {
    random = SeededGenerator(seed: seed)
    peers = (0..<count).map {
      DeltaPeer(log: OperationLog(author: ReplicaID(UInt64($0) + 1), bounds: bounds))
    }
    for (one, other) in joined {
      peers[one].links[other] = DeltaLink()
      peers[other].links[one] = DeltaLink()
    }
  }

  func open() {
    for number in peers.indices {
      for other in peers[number].links.keys.sorted() { open(number, other) }
    }
  }

  func open(_ number: Int, _ other: Int) {
    let log = peers[number].log
    let actions = peers[number].links[other]?.open(log, at: now) ?? []
    act(actions, number, other)
  }

  func write(_ number: Int, _ bytes: [UInt8]) { write(number, [bytes]) }

  func write(_ number: Int, _ all: [[UInt8]], causes: OperationCauses = .everything) {
    for bytes in all {
      let dot = try! peers[number].log.append(kind: 1, bytes, causes: causes)
      peers[number].applied.insert(dot)
    }
    changed(number)
  }

  func changed(_ number: Int) {
    for other in peers[number].links.keys.sorted() {
      let (log, codec) = (peers[number].log, peers[number].codec)
      act(peers[number].links[other]?.changed(log, codec, at: now) ?? [], number, other)
    }
  }

  private func act(_ actions: [DeltaLink.Action], _ number: Int, _ other: Int) {
    for action in actions {
      switch action {
      case .send(let message): send(message, number, other)
      case .apply(let operations, let push):
        for operation in operations {
          let isReady = operation.causes.allSatisfy { peers[number].log.version.contains($0) }
          if !isReady || !peers[number].applied.insert(operation.dot).inserted { faults += 1 }
          try! peers[number].log.take([operation])
        }
        if let known = peers[number].links[other]?.peerVersion {
          try! peers[number].log.acknowledge(known, by: peers[other].log.author)
        }
        let log = peers[number].log
        act(peers[number].links[other]?.applied(push, log) ?? [], number, other)
        changed(number)
      case .acknowledged(let version):
        try! peers[number].log.acknowledge(version, by: peers[other].log.author)
      case .reconcile(let error):
        comparisons.append(error)
        compare(number, other)
      case .penalise(let error): penalties.append(error)
      case .silent: silences += 1
      }
    }
  }

  /// Both get what either has, and go on from there.
  func compare(_ number: Int, _ other: Int) {
    var version = peers[number].log.version
    version.merge(peers[other].log.version)
    let applied = peers[number].applied.union(peers[other].applied)
    for side in [number, other] {
      peers[side].applied = applied
      try! peers[side].log.adopt(version)
    }
    open(number, other)
    open(other, number)
    changed(number)
    changed(other)
  }

  private func send(_ message: DeltaMessage, _ number: Int, _ other: Int) {
    let line = Line(from: number, to: other)
    let sent = lie(line, message).wireBytes
    defer { messages += 1 }
    bytes += sent.count
    if random.chance(lossPercent) || lost == messages { return }
    for _ in 0...(random.chance(repeatPercent) ? 1 : 0) {
      let delay = Duration.milliseconds(1 + random.below(repeatPercent > 0 ? 40 : 1))
      wire.append((line, sent, now.advanced(by: delay)))
    }
  }

  /// Delivers the next message, or lets the next deadline pass; false if nothing is left to come.
  func step() -> Bool {
    let next = wire.indices.min { wire[$0].at < wire[$1].at }
    var due: (at: Moment, number: Int, other: Int)?
    for number in peers.indices {
      for other in peers[number].links.keys.sorted() {
        guard let at = peers[number].links[other]?.deadline else { continue }
        if due.map({ at < $0.at }) ?? true { due = (at, number, other) }
      }
    }
    if let next, due.map({ wire[next].at <= $0.at }) ?? true {
      let message = wire.remove(at: next)
      now = max(now, message.at)
      let (number, other) = (message.line.to, message.line.from)
      let (log, codec) = (peers[number].log, peers[number].codec)
      let read = try! DeltaMessage(wireBytes: message.bytes)
      act(
        peers[number].links[other]?.receive(read, log, codec, at: now) ?? [], number, other)
      return true
    }
    guard let due else { return false }
    now = max(now, due.at)
    let (log, codec) = (peers[due.number].log, peers[due.number].codec)
    act(
      peers[due.number].links[due.other]?.tick(log, codec, at: now) ?? [], due.number, due.other)
    return true
  }

  /// Runs until nothing is left to come; false if that takes more steps than it may.
  func settle(stepsMax: Int = 20_000) -> Bool {
    for _ in 0..<stepsMax where !step() { return true }
    return false
  }

  var isEqual: Bool {
    peers.allSatisfy {
      $0.applied == peers[0].applied && $0.log.version == peers[0].log.version
    }
  }
}
