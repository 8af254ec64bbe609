import Networking
import Primitives
import Runtime
import SimulatedNetworking
import Transport

/// What the messages of a run go through on their way.
public enum SimulatedTransport: Sendable {
  /// The bytes are handed over as they are.
  case model
  /// Both ends of the real transport, without its sockets: handshake, records and streams. Time and
  /// bytes are those of the model, so the event log is the same.
  case realCodec(tap: WireTap? = nil)
  /// The whole transport of each node, on simulated links: time and bytes are its own.
  case realNetwork
}

/// Sees, and may change, every piece of bytes between the ends of the real codec.
public typealias WireTap = @Sendable (inout ArraySlice<UInt8>) -> Void

/// Why the real codec did not do what it is for.
struct CodecFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Carries the messages of a run through connections of the real codec, one of each pair of peers
/// that talk, and compares what comes out.
///
/// Every key is drawn from the run's seed, so the same seed gives the same bytes.
final class CodecCarrier: MessageCarrier {
  private struct Pair: Hashable {
    let low: PeerID
    let high: PeerID

    init(_ a: PeerID, _ b: PeerID) { (low, high) = (min(a, b), max(a, b)) }
  }

  /// The connections of two peers: a further one if all streams of the others are in use.
  private struct Line {
    /// Who made the connections.
    let dialler: PeerID
    var connections: [CodecConnection] = []

    func end(of peer: PeerID) -> CodecEnd { peer == dialler ? .dialler : .listener }
  }

  private let runtime: SimulatedRuntime
  private let network: Hash256
  private let tap: WireTap?
  private let onFailure: (CodecFailure) -> Void
  private var keys: [PeerID: CodecKeys] = [:]
  private var lines: [Pair: Line] = [:]
  /// Connections made so far.
  private var connectionCount: UInt32 = 0
  /// After the first failure nothing is carried any longer.
  private var hasFailed = false

  init(
    runtime: SimulatedRuntime, network: Hash256, tap: WireTap?,
    onFailure: @escaping (CodecFailure) -> Void
  ) {
    self.runtime = runtime
    self.network = network
    self.tap = tap
    self.onFailure = onFailure
  }

  func gossip(_ topic: Topic, _ payload: [UInt8], from: PeerID, to: PeerID) -> [UInt8]? {
    attempt("gossip.\(topic)", from, to) { () throws(CodecFailure) in
      try connection(from, to) { _, _ in true }
        .gossip(topic, payload, from: end(of: from, to), now: runtime.now)
    }
  }

  func request(
    _ number: UInt64, _ type: RequestType, _ payload: [UInt8], answerBytesMax: Int, from: PeerID,
    to: PeerID
  ) -> [UInt8]? {
    attempt("request.\(type)", from, to) { () throws(CodecFailure) in
      try connection(from, to) { $0.hasRoom(for: $1) }
        .request(
          number, type, payload, answerBytesMax: answerBytesMax, from: end(of: from, to),
          now: runtime.now)
    }
  }

  func response(
    _ number: UInt64, _ answer: CarriedAnswer, from: PeerID, to: PeerID
  ) -> CarriedAnswer? {
    attempt("answer", from, to) { () throws(CodecFailure) -> CarriedAnswer in
      let asked = lines[Pair(from, to)]?.connections.first { $0.isOpen(number) }
      // A transport has no way for an answer that nobody waits for: it comes to nothing there.
      guard let asked else { return answer }
      return try asked.response(number, answer, from: end(of: from, to), now: runtime.now)
    }
  }

  func ended(_ number: UInt64, from: PeerID, to: PeerID) {
    let asked = lines[Pair(from, to)]?.connections.first { $0.isOpen(number) }
    guard let asked else { return }
    _ = attempt("withdrawal", from, to) { () throws(CodecFailure) in
      try asked.withdraw(number, from: end(of: from, to), now: runtime.now)
    }
  }

  func disconnected(_ a: PeerID, _ b: PeerID) {
    lines[Pair(a, b)] = nil
  }

  private func attempt<Result>(
    _ what: String, _ from: PeerID, _ to: PeerID,
    _ body: () throws(CodecFailure) -> Result
  ) -> Result? {
    guard !hasFailed else { return nil }
    do throws(CodecFailure) {
      return try body()
    } catch {
      hasFailed = true
      onFailure(CodecFailure("\(what) from \(from) to \(to): \(error)"))
      return nil
    }
  }

  private func end(of peer: PeerID, _ other: PeerID) -> CodecEnd {
    lines[Pair(peer, other)]?.end(of: peer) ?? .dialler
  }

  /// The first connection of two peers that fits; a new one if none does.
  private func connection(
    _ from: PeerID, _ to: PeerID, fits: (CodecConnection, CodecEnd) -> Bool
  ) throws(CodecFailure) -> CodecConnection {
    var line = lines[Pair(from, to)] ?? Line(dialler: from)
    let end = line.end(of: from)
    if let known = line.connections.first(where: { fits($0, end) }) { return known }
    let listener = line.dialler == from ? to : from
    connectionCount += 1
    let made = try CodecConnection(
      from: keys(of: line.dialler), to: keys(of: listener), network: network,
      // The streams 0 and 1 are those of the simulated network.
      random: runtime.randomStream(RandomConsumer(.network, index: connectionCount + 1)),
      tap: tap, now: runtime.now)
    line.connections.append(made)
    lines[Pair(from, to)] = line
    return made
  }

  /// The keys of a peer, which do not depend on when it is heard of.
  private func keys(of peer: PeerID) -> CodecKeys {
    if let known = keys[peer] { return known }
    // The stream 0 is that of the validators.
    var random = runtime.randomStream(RandomConsumer(.identities, index: peer.number + 1))
    let made = CodecKeys(&random)
    keys[peer] = made
    return made
  }
}
