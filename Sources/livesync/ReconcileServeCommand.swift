import Foundation
import Locking
import Networking
import Primitives
import Reconciliation
import Runtime
import Streams
import Transport

/// `livesync reconcile serve A`
enum ReconcileServeCommand: Command {
  static let specification = CommandSpecification(
    name: "reconcile serve",
    summary: "Let other processes find what their records differ in from these.",
    positionals: ["A"],
    options: [
      .init(
        "--listen", "ADDR", help: "where they may connect, such as 0.0.0.0:7500", isList: true),
      .init(
        "--allow", "KEY", help: "a key to answer; without any, all are answered", isList: true),
      ReconcileLink.keyOption,
    ],
    notes: [
      "A is a file of JSON Lines or a data directory, as for livesync reconcile. The first line",
      "says where it listens, as KEY@ADDR: that is what 'livesync reconcile B --with' takes.",
      "Connections are encrypted. Keys, versions and digests are told, values are not; nothing",
      "is changed.",
      "SIGINT and SIGTERM end it in order.",
      "Exit codes: 0 ended in order, 2 unusable arguments or files, or nothing can listen there.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    var configuration = ReconcileLink.configuration(try ReconcileLink.identity(arguments))
    configuration.listen = try arguments.texts("--listen").map { text in
      guard let address = SocketAddress(text) else {
        throw UsageError("option '--listen' needs an address as 0.0.0.0:7500, not '\(text)'")
      }
      return address
    }
    guard !configuration.listen.isEmpty else { throw UsageError("option '--listen' is needed") }
    let allowed = try arguments.texts("--allow").map { text in
      guard let key = Hash256(hex: text) else {
        throw UsageError("option '--allow' needs a key of 64 hexadecimal digits, not '\(text)'")
      }
      return PublicKey(raw: key)
    }
    let input = try RecordInput(path: arguments.positionals[0])
    let replica = MemoryReplica(input.records, salts: RandomStream(seed: 0))
    let (final, view, wantsJSON) = (configuration, replica.view(), arguments.wantsJSON)
    return try Blocking.result {
      try await serve(view, allowed: Set(allowed), final, wantsJSON: wantsJSON)
    }
  }

  private static func serve(
    _ view: any ReplicaView, allowed: Set<PublicKey>, _ configuration: TransportConfiguration,
    wantsJSON: Bool
  ) async throws -> ExitCode {
    let runtime = try EventLoopRuntime()
    defer { runtime.shutdown() }
    let network = TransportNetwork(
      configuration, runtime: runtime, links: SocketMaker(runtime: runtime))
    let answering = Answering(view, allowed: allowed)
    network.serve(SyncRequest.self) { [weak network] peer, request in
      do throws(Refusal) {
        return try answering.answer(request, of: peer, at: runtime.now)
      } catch {
        network?.disconnect(peer, reason: error.reason)
        return nil
      }
    }
    let isOver = Gate()
    let signals = EndSignals(stop: { isOver.open() })
    defer { signals.end() }
    let places = try await network.start().map { "\(network.local.identity.key)@\($0)" }
    if wantsJSON {
      Console.printJSON(
        DbJSON.text(["listening": places, "records": view.summary.count]))
    } else {
      for place in places { Console.print("listening  \(place)") }
      Console.print("records    \(view.summary.count)")
    }
    try? await isOver.wait()
    await network.stop()
    return .pass
  }
}

/// Why a peer is not answered any more.
private struct Refusal: Error {
  let reason: String
}

/// Answers from one view of the records.
private final class Answering: Sendable {
  private let view: any ReplicaView
  private let allowed: Set<PublicKey>
  private let server = Lock(SyncServer(policy: AdaptivePolicy()))

  init(_ view: any ReplicaView, allowed: Set<PublicKey>) {
    self.view = view
    self.allowed = allowed
  }

  func answer(
    _ request: SyncRequest, of peer: PeerID, at now: Moment
  ) throws(Refusal) -> SyncAnswer {
    guard allowed.isEmpty || allowed.contains(peer.identity.key) else {
      throw Refusal(reason: "its key is not allowed")
    }
    switch server.withLock({ $0.answer(request, of: peer, view: view, at: now) }) {
    case .answer(let answer): return answer
    // Nothing is changed here.
    case .store: return .refused(.message)
    case .fault(let error): throw Refusal(reason: "\(error)")
    }
  }
}
