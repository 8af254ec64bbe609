import Foundation
import Ledger
import Primitives
import Snapshot
import SnapshotSupport
import StateTrie
import Storage
import TestSupport
import Testing

/// A small chain with accounts, and a folder for its snapshots: batches of 4 blocks, epochs of 2
/// batches.
///
/// `@unchecked Sendable`: one task at a time uses it.
final class SnapshotWorld: @unchecked Sendable {
  static let batch: UInt32 = 4

  let folder = TemporaryFolder()
  let store: (any KeyValueStore)?
  private let base: RestoreWorld

  var genesis: Genesis { base.genesis }
  var chain: Blockchain { base.chain }

  /// Where the chain is.
  enum Place: CaseIterable { case memory, memoryStore, disk }

  init(_ place: Place = .memoryStore, accounts: Int = 300, seed: UInt64 = 1) throws {
    var kept: (any KeyValueStore)?
    let path = folder.store
    base = try RestoreWorld(
      accounts: accounts, blocksPerBatch: Self.batch, dataBytes: 1, seed: seed,
      store: { genesis in
        switch place {
        case .memory: break
        case .memoryStore: kept = try MemoryStore(owner: .chain(genesis.hash))
        case .disk: kept = try LMDBStore(path: path, owner: .chain(genesis.hash))
        }
        return kept
      })
    store = kept
  }

  var directory: SnapshotDirectory { SnapshotDirectory(path: folder.path + "/snapshots") }

  /// Makes the next block, with a transfer if it can have one.
  @discardableResult
  func grow() throws -> Block { try base.grow().block }

  func grow(to number: UInt32) throws {
    while chain.headNumber < number { try grow() }
  }

  /// All accounts of the head.
  var items: [TrieItem] { chain.items() }

  /// Takes a snapshot of the head, which must be a macro block.
  @discardableResult
  func take(_ options: SnapshotOptions = SnapshotOptions()) throws -> SnapshotFiles {
    let reading = try chain.readMacroState { state in
      Result { () throws(SnapshotError) in
        try SnapshotTaking.take(
          state, chain: genesis.hash, into: directory, options: options)
      }
    }
    guard case .read(let result) = reading else { throw Absent(reading: "\(reading)") }
    return try directory.open(SnapshotName(height: try result.get().height))
  }

  struct Absent: Error { let reading: String }
}

extension SnapshotFiles {
  /// What is in all pieces, each checked.
  func items() throws -> [TrieItem] {
    var check = try SnapshotVerification(manifest, place: path)
    var items: [TrieItem] = []
    for piece in 0..<pieceCount {
      items += try check.add(try frame(ofPiece: piece), place: path).items
    }
    try check.finish(place: path)
    return items
  }
}

/// Expects a `SnapshotError` with this reason, and gives its text.
@discardableResult
func expect(
  _ reason: String, _ body: () throws -> some Any,
  sourceLocation: SourceLocation = #_sourceLocation
) -> String {
  do {
    _ = try body()
    Issue.record("\(reason) was not thrown", sourceLocation: sourceLocation)
    return ""
  } catch {
    let found = (error as? SnapshotError)?.reason ?? "\(error)"
    #expect(found == reason, "\(error)", sourceLocation: sourceLocation)
    return "\(error)"
  }
}
