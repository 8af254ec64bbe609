import EventLog
import Locking
import Networking
import Primitives

/// Writes evidence to the event log of one node, as much as has room there.
final class EvidenceLog: Sendable {
  private let written = Lock(0)

  /// Writes the evidence of `reporter` against `peer`; `cause` is the record of the ban. Evidence
  /// that does not prove the lie by itself is left out, and of what is too large only the first
  /// record is written.
  func write(
    _ evidence: Evidence, of reporter: NodeIdentity, against peer: PeerID,
    to recorder: EventRecorder, cause: UInt64
  ) {
    let finding = evidence.check()
    guard finding.isProven else { return }
    let bytes = evidence.wireBytes
    let hasRoom = written.withLock { written in
      guard bytes.count <= PeerLimits.evidenceBytesMax,
        written + bytes.count <= PeerLimits.evidenceLogBytesMax
      else { return false }
      written += bytes.count
      return true
    }
    let size = EventLogLimits.dataBytesMax
    let parts = hasRoom ? (bytes.count + size - 1) / size : 0
    let proof = Blake2b256.hash(bytes)
    recorder.record(
      .peer(
        .evidence(
          peer: peer, reporter: reporter, lie: evidence.lie, reason: finding.reason, proof: proof,
          bytes: bytes.count, parts: parts)),
      cause: cause)
    for part in 0..<parts {
      let data = Array(bytes[part * size..<min(bytes.count, (part + 1) * size)])
      recorder.record(
        .peer(.evidencePart(peer: peer.number, proof: proof, part: part + 1, data: data)),
        cause: cause)
    }
  }
}
