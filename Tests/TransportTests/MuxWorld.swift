import Networking
import Primitives
import TestSupport
import Testing
import Transport

/// One thing that happens to two ends of a connection, as plain data. Streams are named by their
/// place in the order of opening, ends by 0 and 1; what makes no sense does nothing.
enum MuxStep: Sendable, CustomStringConvertible {
  case open(by: Int, TrafficClass, StreamKind)
  case send(by: Int, stream: Int, bytes: Int)
  case end(by: Int, stream: Int)
  case reset(by: Int, stream: Int)
  case take(by: Int, stream: Int)
  case ping(by: Int)
  /// The end's pool has so many bytes from now on.
  case pool(of: Int, bytes: Int)
  /// The end hands at most so many bytes to the line.
  case emit(by: Int, max: Int)
  /// So many bytes come out of the line at the end.
  case deliver(to: Int, bytes: Int)

  static func random(_ random: inout SeededGenerator) -> MuxStep {
    let end = random.below(2)
    let stream = random.below(random.chance(50) ? 12 : 50)
    switch random.below(20) {
    case 0, 1:
      let traffic = TrafficClass.allCases[random.below(6)]
      return .open(by: end, traffic, random.chance(50) ? .exchange : .oneWay)
    case 2, 3, 4: return .send(by: end, stream: stream, bytes: random.below(300))
    case 5: return .send(by: end, stream: stream, bytes: random.below(MuxWorld.messageBytesMax))
    case 6: return .end(by: end, stream: stream)
    case 7:
      switch random.below(4) {
      case 0: return .reset(by: end, stream: stream)
      case 1: return .pool(of: end, bytes: random.below(MuxWorld.poolBytes))
      default: return .ping(by: end)
      }
    case 8, 9: return .take(by: end, stream: stream)
    case 10...14: return .emit(by: end, max: random.below(random.chance(50) ? 60 : 30_000))
    default: return .deliver(to: end, bytes: random.below(random.chance(50) ? 9 : 30_000))
    }
  }

  var description: String {
    switch self {
    case .open(let end, let traffic, let kind): ".open(by: \(end), .\(traffic), .\(kind))"
    case .send(let end, let stream, let bytes):
      ".send(by: \(end), stream: \(stream), bytes: \(bytes))"
    case .end(let end, let stream): ".end(by: \(end), stream: \(stream))"
    case .reset(let end, let stream): ".reset(by: \(end), stream: \(stream))"
    case .take(let end, let stream): ".take(by: \(end), stream: \(stream))"
    case .ping(let end): ".ping(by: \(end))"
    case .pool(let end, let bytes): ".pool(of: \(end), bytes: \(bytes))"
    case .emit(let end, let max): ".emit(by: \(end), max: \(max))"
    case .deliver(let end, let bytes): ".deliver(to: \(end), bytes: \(bytes))"
    }
  }
}

/// What must not be.
struct MuxFailure: Error, CustomStringConvertible {
  let description: String
}

/// Two connections, a line between them that is reliable but slow, and a plain model of what must
/// arrive.
final class MuxWorld {
  static let messageBytesMax = 60_000
  static let poolBytes = 64_000
  static let outboundBytesMax = 300_000
  static let outboundUrgentBytes = 50_000

  private struct Stream {
    let id: StreamID
    let info: StreamInfo
    let opener: Int
    var sent: [[[UInt8]]] = [[], []]
    var taken: [[[UInt8]]] = [[], []]
    var hasEnded = [false, false]
    var isReset = false
  }

  private var dialler: SecureConnection
  private var listener: SecureConnection
  /// Bytes on their way to each end.
  private var lines: [[UInt8]] = [[], []]
  private var streams: [Stream] = []
  private var known: [Set<StreamID>] = [[], []]
  private var pings = [0, 0]
  private var pongs = [0, 0]
  private var marks = UInt8(0)
  /// Changes what an application gets, to see that this is found.
  var fault: (_ message: inout [UInt8], _ info: StreamInfo) -> Void = { _, _ in }

  init() throws {
    var pair = HandshakePair()
    try pair.run()
    let settings = MuxSettings(
      messageBytesMax: Self.messageBytesMax, inboundPoolBytes: Self.poolBytes,
      outboundBytesMax: Self.outboundBytesMax, outboundUrgentBytes: Self.outboundUrgentBytes)
    let rekey = RekeySchedule(records: 7, bytes: 20_000)
    dialler = SecureConnection(
      try pair.dialler.finish(rekey: rekey), role: .initiator, settings: settings)
    listener = SecureConnection(
      try pair.listener.finish(rekey: rekey), role: .responder, settings: settings)
  }

  private func with<Result>(
    _ end: Int, _ body: (inout SecureConnection) throws -> Result
  ) rethrows -> Result {
    try end == 0 ? body(&dialler) : body(&listener)
  }

  /// Does all steps, then lets everything come to its end.
  func run(_ steps: [MuxStep]) throws {
    for step in steps {
      try perform(step)
      try checkBounds()
    }
    try drain()
    try checkOutcome()
  }

  private func perform(_ step: MuxStep) throws {
    switch step {
    case .open(let end, let traffic, let kind):
      let info = StreamInfo(traffic, kind, tag: UInt16(streams.count & 0xffff))
      guard let id = try? with(end, { try $0.mux.open(info) }) else { return }
      streams.append(Stream(id: id, info: info, opener: end))
    case .send(let end, let index, let bytes): send(by: end, index, bytes)
    case .end(let end, let index): self.end(by: end, index)
    case .reset(let end, let index):
      guard streams.indices.contains(index), knows(end, streams[index]) else { return }
      let id = streams[index].id
      if (try? with(end, { try $0.mux.reset(id, .cancelled) })) != nil {
        streams[index].isReset = true
      }
    case .pool(let end, let bytes): with(end) { $0.mux.setInboundPool(bytes: bytes) }
    case .take(let end, let index): try take(by: end, index)
    case .ping(let end):
      if (try? with(end, { try $0.mux.ping(UInt64(pings[end])) })) != nil { pings[end] += 1 }
    case .emit(let end, let max): try emit(end, max)
    case .deliver(let end, let bytes): try deliver(end, bytes)
    }
  }

  private func knows(_ end: Int, _ stream: Stream) -> Bool {
    stream.opener == end || known[end].contains(stream.id)
  }

  private func send(by end: Int, _ index: Int, _ bytes: Int) {
    guard streams.indices.contains(index), knows(end, streams[index]) else { return }
    marks &+= 1
    let message = [UInt8](repeating: marks, count: bytes)
    let id = streams[index].id
    if (try? with(end, { try $0.mux.send(message, on: id) })) != nil {
      streams[index].sent[end].append(message)
    }
  }

  private func end(by end: Int, _ index: Int) {
    guard streams.indices.contains(index), knows(end, streams[index]) else { return }
    let id = streams[index].id
    if (try? with(end, { try $0.mux.end(id) })) != nil { streams[index].hasEnded[end] = true }
  }

  private func take(by end: Int, _ index: Int) throws {
    guard streams.indices.contains(index), knows(end, streams[index]) else { return }
    let stream = streams[index]
    guard var message = with(end, { $0.mux.take(from: stream.id) }) else { return }
    fault(&message, stream.info)
    streams[index].taken[end].append(message)
    let expected = stream.sent[1 - end]
    let place = stream.taken[end].count
    guard place < expected.count, expected[place] == message else {
      throw MuxFailure(description: "message \(place) of \(stream.id) is another one")
    }
  }

  private func emit(_ end: Int, _ max: Int) throws {
    let bytes = try with(end) { try $0.nextBytes(max: max) }
    guard bytes.count <= max else {
      throw MuxFailure(description: "\(bytes.count) bytes, \(max) were asked for")
    }
    lines[1 - end] += bytes
  }

  private func deliver(_ end: Int, _ count: Int) throws {
    let bytes = lines[end].prefix(count)
    lines[end].removeFirst(bytes.count)
    for event in try with(end, { try $0.receive(bytes) }) {
      switch event {
      case .opened(let id, let info):
        let stream = streams.first { $0.id == id && $0.opener == 1 - end }
        guard stream?.info == info else { throw MuxFailure(description: "\(id) is unknown") }
        known[end].insert(id)
      case .pong(let value):
        guard value == UInt64(pongs[end]) else { throw MuxFailure(description: "pong \(value)") }
        pongs[end] += 1
      case .message, .ended, .reset: break
      case .tooLarge, .goodbye: throw MuxFailure(description: "\(event)")
      }
    }
  }

  private func checkBounds() throws {
    for end in 0...1 {
      let (pool, outbound, held) = with(end) {
        ($0.mux.inboundPoolUsed, $0.mux.outboundBytes, $0.heldBytes)
      }
      guard 0...Self.poolBytes ~= pool, 0...Self.outboundBytesMax ~= outbound,
        held < TransportLimits.recordBytesMax + 2
      else { throw MuxFailure(description: "\(pool), \(outbound), \(held) bytes at \(end)") }
    }
  }

  /// Lets both ends do everything that is left, until nothing moves.
  private func drain() throws {
    for end in 0...1 {
      with(end) { $0.mux.setInboundPool(bytes: Self.poolBytes) }
      for index in streams.indices { self.end(by: end, index) }
    }
    var quiet = 0
    while quiet < 3 {
      let before = (lines.map(\.count), streams.map { $0.taken.map(\.count) })
      var moved = false
      for end in 0...1 {
        try emit(end, 5_000)
        moved = moved || !lines[1 - end].isEmpty
        try deliver(1 - end, .max)
        for index in streams.indices {
          try take(by: 1 - end, index)
          self.end(by: 1 - end, index)
        }
        try checkBounds()
      }
      let after = (lines.map(\.count), streams.map { $0.taken.map(\.count) })
      quiet = moved || before != after ? 0 : quiet + 1
    }
  }

  private func checkOutcome() throws {
    for stream in streams where !stream.isReset {
      for end in 0...1 where stream.taken[end] != stream.sent[1 - end] {
        throw MuxFailure(
          description: "\(stream.taken[end].count) of \(stream.sent[1 - end].count) messages of "
            + "\(stream.id) arrived")
      }
    }
    for end in 0...1 {
      let (pool, outbound, count) = with(end) {
        ($0.mux.inboundPoolUsed, $0.mux.outboundBytes, $0.mux.streamCount)
      }
      guard pool == 0, outbound == 0, count == 0, pings[end] == pongs[end] else {
        throw MuxFailure(
          description: "left at \(end): \(pool) and \(outbound) bytes, \(count) streams, "
            + "\(pings[end] - pongs[end]) pings")
      }
    }
  }
}

/// Whole runs, and the smallest that still fails.
enum MuxCase {
  static func steps(seed: UInt64, count: Int) -> [MuxStep] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in MuxStep.random(&random) }
  }

  /// What is wrong, nil if nothing is.
  static func failure(
    _ steps: [MuxStep], fault: @escaping (inout [UInt8], StreamInfo) -> Void = { _, _ in }
  ) -> String? {
    do {
      let world = try MuxWorld()
      world.fault = fault
      try world.run(steps)
      return nil
    } catch { return "\(error)" }
  }

  /// `steps` without as many as can go while it fails (delta debugging).
  static func shrunk(_ steps: [MuxStep], while fails: ([MuxStep]) -> Bool) -> [MuxStep] {
    var best = steps
    var size = max(1, best.count / 2)
    while size > 0 {
      var start = 0
      var isSmaller = false
      while start < best.count {
        var fewer = best
        fewer.removeSubrange(start..<min(start + size, best.count))
        if fails(fewer) { (best, isSmaller) = (fewer, true) } else { start += size }
      }
      if size == 1 && !isSmaller { break }
      size = max(1, size / 2)
    }
    return best
  }
}

@Suite struct MuxPropertyTests {
  /// Random opening, sending, ending, giving up and taking, over lines that are cut anywhere.
  @Test func everyMessage_shouldArriveWholeOnceAndInOrder_andBoundsHold() {
    let seeds = Campaign.seeds("LIVESYNC_MUX_SEEDS", default: 300)
    for seed in 0..<seeds {
      let steps = MuxCase.steps(seed: seed, count: 400)
      guard let failure = MuxCase.failure(steps) else { continue }
      let smallest = MuxCase.shrunk(steps) { MuxCase.failure($0) != nil }
      Issue.record(
        "seed \(seed): \(failure); \(MuxCase.failure(smallest) ?? "")\n\(smallest)")
      return
    }
  }

  @Test func plantedFault_shouldBeFoundAndShrunk() throws {
    func fails(_ steps: [MuxStep]) -> Bool {
      MuxCase.failure(steps) { message, info in
        if info.traffic == .bulk, message.count > 1_000 { message.removeLast() }
      } != nil
    }
    let found = (0..<100 as Range<UInt64>).lazy.map { MuxCase.steps(seed: $0, count: 400) }
      .first(where: fails)
    let smallest = MuxCase.shrunk(try #require(found), while: fails)
    // Each bulk stream needs its opening and one message; those before it in the order may stay.
    #expect(smallest.count <= 6, "\(smallest)")
  }
}
