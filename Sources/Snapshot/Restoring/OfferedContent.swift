import Ledger
import Primitives

/// What is offered, once it was checked against what the receiver has and trusts.
enum OfferedContent {
  case provable(SnapshotManifest, path: MacroChain)
  case hashOnly(HashOnlyManifest, path: MacroChain)

  /// Reads and checks an offer; changes nothing.
  /// - Parameter appHash: The state root that the caller trusts for that height.
  init(
    _ offer: OfferedSnapshot, appHash: [UInt8], live: Blockchain
  ) throws(SnapshotFault) {
    switch offer.format {
    case SnapshotFormat.provable:
      let metadata = try SnapshotMetadata<SnapshotManifest>(offer)
      self = .provable(metadata.manifest, path: try Self.path(metadata, appHash, live))
    case SnapshotFormat.hashOnly:
      let metadata = try SnapshotMetadata<HashOnlyManifest>(offer)
      self = .hashOnly(metadata.manifest, path: try Self.path(metadata, appHash, live))
    default: throw .unknownFormat(offer.format)
    }
  }

  /// The blocks that lead from the genesis to the snapshot's block, all of them verified.
  private static func path<Manifest: OfferedManifest>(
    _ metadata: SnapshotMetadata<Manifest>, _ appHash: [UInt8], _ live: Blockchain
  ) throws(SnapshotFault) -> MacroChain {
    let manifest = metadata.manifest
    guard manifest.chain == live.genesis.hash else { throw .otherChain(manifest.chain) }
    guard manifest.appHash.bytes == appHash else {
      throw .otherAppHash(appHash, manifest: manifest.appHash)
    }
    let view = live.view
    let height = manifest.anchor.block.number
    guard height > view.headNumber else {
      throw .notNewer(UInt64(height), head: view.headNumber)
    }
    var path = metadata.macroChain
    if metadata.elections.isEmpty { path.blocks = try known(manifest.anchor, live) + path.blocks }
    // A chain of headers that begins at the genesis, where the restored one will begin too.
    let fresh = Blockchain(genesis: live.genesis, state: .none)
    let verified: VerifiedMacroChain
    do throws(PushError) { verified = try fresh.verify(path) } catch { throw .unproven("\(error)") }
    guard verified.blocks.last?.hash == manifest.anchor.block.hash else {
      throw .unproven("the election blocks lead elsewhere")
    }
    return path
  }

  /// The election blocks up to the one of `anchor`, from our own chain.
  private static func known(
    _ anchor: SnapshotAnchor, _ live: Blockchain
  ) throws(SnapshotFault) -> [Block] {
    var blocks: [Block] = []
    var number = live.configuration.blocksPerEpoch
    while number <= anchor.election.number {
      guard let block = live.block(at: number, includeBody: false) else {
        throw .unproven("the election block \(number) is not known")
      }
      blocks.append(block)
      number += live.configuration.blocksPerEpoch
    }
    return blocks
  }

  /// What the rules of a restore need to know.
  func plan(for offer: OfferedSnapshot) -> RestoreCore.Plan {
    switch self {
    case .provable(let manifest, _):
      RestoreCore.Plan(snapshot: offer, chunkCount: manifest.chunkCount, isOrdered: false)
    case .hashOnly(let manifest, _):
      RestoreCore.Plan(snapshot: offer, chunkCount: manifest.chunkCount, isOrdered: true)
    }
  }
}
