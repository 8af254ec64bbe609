import EventLog
import Networking
import Primitives

/// Evidence as it stands in a log, and what a look at it shows.
public struct EvidenceCase: Sendable, Equatable {
  /// What the log calls the node that wrote it down.
  public var node: String
  /// Who wrote it down.
  public var reporter: NodeIdentity
  /// Who it speaks against.
  public var accused: PeerID
  /// The kind of lie and the reason, as the log has them.
  public var lie: Event.Lie
  public var reason: String
  /// The name: BLAKE2b-256 of the evidence.
  public var proof: Hash256
  /// Size in bytes.
  public var bytes: Int
  /// What the evidence shows; a fault if it shows nothing.
  public var result: Result<EvidenceFinding, EvidenceFault>

  /// True if the evidence is whole, is what the log says, and proves the lie.
  public var isProven: Bool {
    if case .success(let finding) = result { finding.isProven } else { false }
  }
}

/// Why evidence of a log shows nothing.
public enum EvidenceFault: Error, Equatable, Sendable, CustomStringConvertible {
  /// It was too large for the log.
  case notKept
  /// A part is missing or comes out of turn.
  case incomplete
  /// Its bytes are not those that its name stands for.
  case damaged
  /// Its bytes are the wire form of no evidence.
  case undecodable(WireError)
  /// It is of another kind, or for another reason, than the log says.
  case mislabelled
  /// Too many pieces of evidence are open in the log at one place.
  case tooManyOpen

  /// A stable name.
  public var reason: String {
    switch self {
    case .notKept: "not_kept"
    case .incomplete: "incomplete"
    case .damaged: "damaged"
    case .undecodable: "undecodable"
    case .mislabelled: "mislabelled"
    case .tooManyOpen: "too_many_open"
    }
  }

  public var description: String {
    switch self {
    case .notKept: "it was too large for the log"
    case .incomplete: "a part of it is missing"
    case .damaged: "its bytes are not those it is named by"
    case .undecodable(let error): "its bytes are no evidence: \(error)"
    case .mislabelled: "it is of another kind or reason than the log says"
    case .tooManyOpen: "too many pieces of evidence are open at once"
    }
  }
}

/// Gathers the evidence of a log, record by record, and checks each piece when it is whole. Holds
/// at most `PeerLimits.evidenceOpenMax` pieces at a time.
public struct EvidenceReader: Sendable {
  private struct Key: Hashable, Sendable {
    let node: String
    let proof: Hash256
  }

  private struct Open: Sendable {
    var entry: EvidenceCase
    let parts: Int
    var nextPart = 1
    var data: [UInt8] = []
  }

  private var open: [Key: Open] = [:]

  public init() {}

  /// Takes the next record; gives the evidence that it completes or spoils.
  public mutating func take(_ record: EventRecord) -> EvidenceCase? {
    let node = record.context.node
    switch record.event.group {
    case Event.Peer.evidence(
      let peer, let reporter, let lie, let reason, let proof, let bytes, let parts):
      var entry = EvidenceCase(
        node: node, reporter: reporter, accused: peer, lie: lie, reason: reason, proof: proof,
        bytes: bytes, result: .failure(.incomplete))
      let key = Key(node: node, proof: proof)
      guard parts > 0 else {
        entry.result = .failure(.notKept)
        return entry
      }
      guard bytes <= PeerLimits.evidenceBytesMax, open[key] == nil else { return entry }
      guard open.count < PeerLimits.evidenceOpenMax else {
        entry.result = .failure(.tooManyOpen)
        return entry
      }
      open[key] = Open(entry: entry, parts: parts)
      return nil
    case Event.Peer.evidencePart(_, let proof, let part, let data):
      return take(part, data, of: Key(node: node, proof: proof))
    default:
      return nil
    }
  }

  private mutating func take(_ part: Int, _ data: [UInt8], of key: Key) -> EvidenceCase? {
    // Parts of evidence that was refused before are of no interest.
    guard var piece = open.removeValue(forKey: key) else { return nil }
    piece.data += data
    guard part == piece.nextPart, piece.data.count <= piece.entry.bytes else { return piece.entry }
    piece.nextPart += 1
    guard part == piece.parts else {
      open[key] = piece
      return nil
    }
    var entry = piece.entry
    entry.result = Self.examine(piece.data, entry)
    return entry
  }

  /// The evidence that the log does not complete, by node and name.
  public mutating func finish() -> [EvidenceCase] {
    defer { open = [:] }
    return open.values.map(\.entry).sorted { ($0.node, $0.proof) < ($1.node, $1.proof) }
  }

  private static func examine(
    _ bytes: [UInt8], _ entry: EvidenceCase
  ) -> Result<EvidenceFinding, EvidenceFault> {
    guard bytes.count == entry.bytes, Blake2b256.hash(bytes) == entry.proof else {
      return .failure(.damaged)
    }
    do throws(WireError) {
      let evidence = try Evidence(wireBytes: bytes)
      let finding = evidence.check()
      guard evidence.lie == entry.lie, !finding.isProven || finding.reason == entry.reason else {
        return .failure(.mislabelled)
      }
      return .success(finding)
    } catch {
      return .failure(.undecodable(error))
    }
  }
}
