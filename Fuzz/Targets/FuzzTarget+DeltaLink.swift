import CRDT
import Delta
import Primitives
import Runtime

extension FuzzTarget {
  /// Messages of a stranger to one end of a link, one after another; an empty one lets the next
  /// deadline pass. What is given out fits the log, what is sent is in proportion to what came, and
  /// all is compared once.
  static let deltaLink = FuzzTarget(
    "delta-link",
    seeds: {
      let version = FuzzLink.log.version
      let pushes = [FuzzLink.overfull, FuzzLink.pushed].map { DeltaMessage.push(number: 1, $0) }
      let rest: [DeltaMessage] = [
        .ack(number: 0, VersionVector()), .lacking(number: 1, DictionaryID(3)),
        .ack(number: 1, version), .hello(VersionVector()), .hello(version),
        .dictionary(DictionaryID(3), [1, 2]), .push(number: 2, [9]),
      ]
      return pushes.map { FuzzLink.script([$0]) } + [FuzzLink.script(pushes + rest + pushes)]
    },
    check: { input in
      var decoder = WireDecoder(input)
      var run = FuzzLink()
      while decoder.remaining > 0, let bytes = try? decoder.bytes() {
        if bytes.isEmpty {
          try run.tick()
        } else if let message = try? DeltaMessage(wireBytes: bytes) {
          try run.receive(message)
        }
      }
    })
}

/// One end of a link, and its owner.
private struct FuzzLink {
  /// What is here at first.
  static let log: OperationLog = {
    var log = OperationLog(author: ReplicaID(1), bounds: LogBounds(operations: 20))
    for number in UInt8(0)..<30 { _ = try? log.append(kind: 1, [number]) }
    // Some of it was let go, so that not every peer can be served.
    return log
  }()

  /// A delta that fits.
  static let pushed: [UInt8] = {
    var other = OperationLog(author: ReplicaID(2))
    for number in UInt8(0)..<3 { _ = try? other.append(kind: 1, [number]) }
    let delta = (try? other.generateDelta(from: VersionVector())) ?? Delta([])
    return DeltaCodec().encode(delta, isPlain: true).bytes
  }()

  /// One operation of the last number but two by its table, eleven by its order.
  static let overfull: [UInt8] = {
    var encoder = WireEncoder()
    encoder.append(raw: [0, 2])
    for (replica, base, count) in [(ReplicaID(3), UInt64.max - 3, 1), (ReplicaID(4), 0, 10)] {
      encoder.append(replica)
      encoder.append(base)
      encoder.append(count: count)
    }
    encoder.append(raw: [0, 0, 10, 1, 10] + [UInt8](repeating: 0, count: 12))
    return encoder.bytes
  }()

  static func script(_ messages: [DeltaMessage]) -> [UInt8] {
    var encoder = WireEncoder()
    for message in messages { encoder.append(message.wireBytes) }
    encoder.append([UInt8]())
    return encoder.bytes
  }

  private var link = DeltaLink()
  private var log = Self.log
  private let codec = DeltaCodec()
  private var now = Moment.start

  init() { _ = link.open(log, at: now) }

  mutating func tick() throws {
    guard let deadline = link.deadline else { return }
    now = deadline
    try act(link.tick(log, codec, at: now))
  }

  mutating func receive(_ message: DeltaMessage) throws {
    try act(link.receive(message, log, codec, at: now))
  }

  private mutating func act(_ actions: [DeltaLink.Action]) throws {
    // A window of so few operations is one push; a hello, an answer and a dictionary beside it.
    try demand(actions.count <= 8, "\(actions.count) actions for one message")
    var comparisons = 0
    for action in actions {
      switch action {
      case .apply(let operations, let number):
        let taken = try? log.take(operations)
        try demand(taken == operations, "what is to be applied does not fit")
        try demand(link.applied(number, log).count == 1, "no answer to what was applied")
      case .acknowledged(let version):
        try demand(log.version.covers(version), "the peer has what is not here")
        _ = try? log.acknowledge(version, by: ReplicaID(7))
      case .reconcile:
        comparisons += 1
        try demand(link.isHeld, "all is to be compared, but the link goes on")
      case .send, .penalise, .silent: break
      }
    }
    try demand(comparisons <= 1, "all is to be compared twice")
  }
}
