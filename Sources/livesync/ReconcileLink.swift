import Foundation
import Primitives
import Production
import Reconciliation
import Runtime
import Transport

/// What both sides of `livesync reconcile` over a network have in common.
enum ReconcileLink {
  /// Nodes of a chain, and processes of anything else, are refused at the handshake.
  private static let network = Blake2b256.hash(Array("livesync reconcile 1".utf8))

  static let keyOption = CommandSpecification.Option(
    "--key", "FILE", help: "key that the other side knows this one by (default: a new one)")

  /// The key of the file that the arguments name, which is made if there is none, or a new key.
  static func identity(_ arguments: Arguments) throws -> KeyPair {
    guard let path = arguments.text("--key") else {
      let bytes = SystemEntropy.bytes(Hash256.byteCount)
      return KeyPair(seed: bytes.withUnsafeBytes { Hash256(loading: $0) })
    }
    do throws(KeyFileError) { return try KeyFile.nodeKey(at: path) } catch {
      throw UsageError(error.description)
    }
  }

  static func configuration(_ identity: KeyPair) -> TransportConfiguration {
    var configuration = TransportConfiguration(network: network, identity: identity)
    configuration.takesPrivateAddresses = true
    return configuration
  }
}

/// Why nothing came of a comparison with another process.
enum RemoteError: Error, CustomStringConvertible {
  /// The name of the host leads nowhere.
  case unresolved(KeptPeer, NameFailure)
  /// No connection was made; why not at the last address.
  case unreachable(KeptPeer, PeerLinkEnd)
  /// Somebody with another key answers there.
  case otherKey(KeptPeer, found: PublicKey)
  /// The connection ended before the comparison did.
  case closed(KeptPeer, PeerLinkEnd?)
  /// The session ended without a result.
  case failed(KeptPeer, SyncFailure)
  /// What the other side said contradicts itself or breaks the protocol.
  case fault(KeptPeer, ReconciliationError)

  /// What is refuted is the other side's word; anything else means that it does not answer.
  var exitCode: ExitCode {
    switch self {
    case .otherKey, .fault, .failed(_, .peerFault): .refuted
    case .unresolved, .unreachable, .closed, .failed: .liveness
    }
  }

  var description: String {
    switch self {
    case .unresolved(let peer, let failure): "\(peer.place): \(failure)"
    case .unreachable(let peer, let end): "nobody to compare with at \(peer.place): \(end)"
    case .otherKey(let peer, let found):
      "at \(peer.place) answers \(found), not \(peer.identity)"
    case .closed(let peer, let end):
      "\(peer.place) has ended the connection" + (end.map { ": \($0)" } ?? "")
    case .failed(let peer, let failure): "\(peer.place): \(failure)"
    case .fault(let peer, let error): "\(peer.place): \(error)"
    }
  }
}
