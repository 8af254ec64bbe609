import Primitives

/// What was wrong with a snapshot, one of its chunks or a call, and where.
///
/// A struct over a private enum, so that cases can be added.
public struct SnapshotFault: Error, Sendable, Hashable, CustomStringConvertible {
  private enum Kind: Hashable {
    case unknownFormat(UInt32)
    case metadata(String)
    case otherHash
    case otherHeight(UInt64, manifest: UInt64)
    case otherCount(UInt32, manifest: Int)
    case otherAppHash(String, manifest: String)
    case otherChain(String)
    case notNewer(UInt64, head: UInt32)
    case unproven(String)
    case unknownSnapshot(UInt64, UInt32)
    case unknownChunk(UInt32, count: Int)
    case nothingOffered
    case busy
    case outOfOrder(UInt32, expected: Int)
    case corruptChunk(UInt32, sender: String, String)
    case falseManifest(UInt32, String)
    case rejectedSender(UInt32, sender: String)
    case tooManyBadChunks(Int)
    case otherState(String, wanted: String)
    case unfinished(String)
    case storage(String, isFull: Bool)
  }

  private let kind: Kind

  /// A format that this program does not know.
  public static func unknownFormat(_ format: UInt32) -> Self { .init(kind: .unknownFormat(format)) }
  /// The metadata is no manifest.
  public static func metadata(_ reason: String) -> Self { .init(kind: .metadata(reason)) }
  /// The hash is not that of the manifest.
  public static let otherHash = SnapshotFault(kind: .otherHash)
  /// The manifest is of another height than the snapshot was offered for.
  public static func otherHeight(_ offered: UInt64, manifest: UInt64) -> Self {
    .init(kind: .otherHeight(offered, manifest: manifest))
  }
  /// The snapshot was offered with another number of chunks than its manifest names.
  public static func otherCount(_ offered: UInt32, manifest: Int) -> Self {
    .init(kind: .otherCount(offered, manifest: manifest))
  }
  /// The manifest is of another state than the one that is trusted.
  public static func otherAppHash(_ trusted: [UInt8], manifest: Hash256) -> Self {
    .init(kind: .otherAppHash(Hex.string(trusted), manifest: manifest.hex))
  }
  /// It is of another chain.
  public static func otherChain(_ chain: Hash256) -> Self { .init(kind: .otherChain(chain.hex)) }
  /// What is held is as new as the snapshot: nothing is imported into a state that is not empty.
  public static func notNewer(_ height: UInt64, head: UInt32) -> Self {
    .init(kind: .notNewer(height, head: head))
  }
  /// No verified macro chain leads to its block.
  public static func unproven(_ reason: String) -> Self { .init(kind: .unproven(reason)) }
  /// No such snapshot is kept.
  public static func unknownSnapshot(height: UInt64, format: UInt32) -> Self {
    .init(kind: .unknownSnapshot(height, format))
  }
  /// The snapshot has no chunk of that number.
  public static func unknownChunk(_ index: UInt32, count: Int) -> Self {
    .init(kind: .unknownChunk(index, count: count))
  }
  /// A chunk came without an offer that was accepted.
  public static let nothingOffered = SnapshotFault(kind: .nothingOffered)
  /// A chunk came while another one was under way.
  public static let busy = SnapshotFault(kind: .busy)
  /// The format takes its chunks in their order only.
  public static func outOfOrder(_ index: UInt32, expected: Int) -> Self {
    .init(kind: .outOfOrder(index, expected: expected))
  }
  /// The chunk is not what the manifest names: whoever sent it is to blame.
  public static func corruptChunk(_ index: UInt32, sender: String, _ reason: String) -> Self {
    .init(kind: .corruptChunk(index, sender: sender, reason))
  }
  /// The chunk is what the manifest names, but it is not the state: whoever made the manifest is to
  /// blame, and everyone who offers it.
  public static func falseManifest(_ index: UInt32, _ reason: String) -> Self {
    .init(kind: .falseManifest(index, reason))
  }
  /// The chunk is from somebody whose chunk was bad before; it was not looked at.
  public static func rejectedSender(_ index: UInt32, sender: String) -> Self {
    .init(kind: .rejectedSender(index, sender: sender))
  }
  /// So many chunks were bad that this snapshot is not worth more tries.
  public static func tooManyBadChunks(_ count: Int) -> Self {
    .init(kind: .tooManyBadChunks(count))
  }
  /// The state that came together is not the one that was to come.
  public static func otherState(_ found: Hash256?, wanted: Hash256) -> Self {
    .init(kind: .otherState(found?.hex ?? "none", wanted: wanted.hex))
  }
  /// All chunks are there and still something is missing.
  public static func unfinished(_ reason: String) -> Self { .init(kind: .unfinished(reason)) }
  /// The disk failed, here.
  public static func storage(_ reason: String, isFull: Bool = false) -> Self {
    .init(kind: .storage(reason, isFull: isFull))
  }

  /// What is said to an offer that this is wrong with. Who describes a snapshot that cannot be is
  /// rejected; who has one that is of no use here is not.
  public var offerVerdict: OfferVerdict {
    switch kind {
    case .unknownFormat: .rejectFormat
    case .metadata, .otherHash, .otherHeight, .otherCount, .otherAppHash: .rejectSender
    case .storage: .abort
    default: .reject
    }
  }

  /// Whether this node's disk is to blame, and nobody else.
  public var isOfStore: Bool { if case .storage = kind { true } else { false } }

  /// Whether there is no room on it.
  public var isFullDisk: Bool { if case .storage(_, true) = kind { true } else { false } }

  /// Stable snake_case name of the case.
  public var reason: String {
    switch kind {
    case .unknownFormat: "unknown_format"
    case .metadata: "metadata"
    case .otherHash: "other_hash"
    case .otherHeight: "other_height"
    case .otherCount: "other_count"
    case .otherAppHash: "other_app_hash"
    case .otherChain: "other_chain"
    case .notNewer: "not_newer"
    case .unproven: "unproven"
    case .unknownSnapshot: "unknown_snapshot"
    case .unknownChunk: "unknown_chunk"
    case .nothingOffered: "nothing_offered"
    case .busy: "busy"
    case .outOfOrder: "out_of_order"
    case .corruptChunk: "corrupt_chunk"
    case .falseManifest: "false_manifest"
    case .rejectedSender: "rejected_sender"
    case .tooManyBadChunks: "too_many_bad_chunks"
    case .otherState: "other_state"
    case .unfinished: "unfinished"
    case .storage: "storage"
    }
  }

  public var description: String {
    switch kind {
    case .unknownFormat(let format): "format \(format) is not known"
    case .metadata(let reason): "the metadata is no manifest: \(reason)"
    case .otherHash: "the snapshot's hash is not that of its manifest"
    case .otherHeight(let offered, let manifest):
      "offered for height \(offered), but the manifest is of height \(manifest)"
    case .otherCount(let offered, let manifest):
      "offered with \(offered) chunks, but the manifest names \(manifest)"
    case .otherAppHash(let trusted, let manifest):
      "the trusted app hash is \(trusted), but the manifest is of state \(manifest)"
    case .otherChain(let chain): "the snapshot is of the chain \(chain)"
    case .notNewer(let height, let head):
      "the snapshot is of height \(height), and block \(head) is held already"
    case .unproven(let reason): "no verified macro chain leads to the snapshot's block: \(reason)"
    case .unknownSnapshot(let height, let format):
      "there is no snapshot of height \(height) in format \(format)"
    case .unknownChunk(let index, let count): "there is no chunk \(index) of \(count)"
    case .nothingOffered: "a chunk came, but no snapshot was accepted"
    case .busy: "a chunk came while another one was under way"
    case .outOfOrder(let index, let expected): "chunk \(index) came before chunk \(expected)"
    case .corruptChunk(let index, let sender, let reason):
      "chunk \(index) of '\(PrintableText.line(sender))' is not what the manifest names: \(reason)"
    case .falseManifest(let index, let reason):
      "the manifest lies about chunk \(index): \(reason)"
    case .rejectedSender(let index, let sender):
      "chunk \(index) is of '\(PrintableText.line(sender))', who was rejected"
    case .tooManyBadChunks(let count): "\(count) chunks were bad"
    case .otherState(let found, let wanted): "the state is \(found) and not \(wanted)"
    case .unfinished(let reason): "all chunks are there, and still \(reason)"
    case .storage(let reason, _): reason
    }
  }
}
