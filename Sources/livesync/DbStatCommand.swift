import Foundation
import Ledger
import Primitives
import StateTrie
import Storage
import Streams

/// `livesync db stat DIR`
enum DbStatCommand: Command {
  static let specification = CommandSpecification(
    name: "db stat",
    summary: "Print what a data directory holds: its chain, its state, its size.",
    positionals: ["DIR"],
    options: [],
    notes: ["The directory is not changed, and no node may have it open."])

  /// What is printed, but for the archive itself.
  private struct Content {
    let chain: StoredChain.Statistics
    /// Nil for a chain without state.
    let state: StoredTrieStatistics?
    /// All that the store has, whosever they are.
    let namespaces: [String]
  }

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let archive = try LMDBArchive(path: arguments.positionals[0])
    let result: Result<Content, LedgerStoreError>
    result = try archive.read { snapshot throws(StorageError) in
      do throws(LedgerStoreError) {
        return .success(try read(snapshot))
      } catch { return .failure(error) }
    }
    let content = try result.get()
    if arguments.wantsJSON {
      Console.printJSON(json(archive, content))
    } else {
      Console.print(text(archive, content))
    }
    return .pass
  }

  private static func read(
    _ snapshot: borrowing StoreSnapshot
  ) throws(LedgerStoreError) -> Content {
    let chain = try StoredChain.statistics(in: snapshot)
    return Content(
      chain: chain,
      state: chain.holdsState ? try StoredChain.stateStatistics(in: snapshot) : nil,
      namespaces: snapshot.namespaces.map(\.name))
  }

  private static func text(_ archive: LMDBArchive, _ content: Content) -> String {
    let chain = content.chain
    var lines = [
      "directory  \(archive.path)",
      "chain      \(chain.genesis.hex)",
      "owner      \(archive.header.owner)",
      "format     store \(archive.header.version), chain \(chain.format)",
      "head       \(chain.head)",
      "macro      \(chain.macro)",
      "election   \(chain.election)",
      "root       \(chain.stateRoot.hex)",
      "diffs      from block \(chain.diffFloor) on",
    ]
    if let state = content.state {
      lines.append(
        "missing    \(state.missing.ranges.count) ranges, "
          + String(format: "%.2f %% of the keys", state.missingShare * 100))
      lines += state.missing.ranges.prefix(rangesShown).map { "             \($0)" }
      lines.append("items      \(state.items)")
      lines.append("nodes      \(state.nodesByDepth.reduce(0, +)), by depth:")
      lines += state.nodesByDepth.enumerated().filter { $0.element > 0 }
        .map { "             \($0.offset): \($0.element)" }
      lines.append(
        "state      \(state.keyBytes + state.valueBytes) bytes of items, "
          + "\(state.nodeBytes) of nodes")
    } else {
      lines.append("state      none is held")
    }
    lines.append("records    of the chain:")
    lines += chain.records.map { "             \($0.name): \($0.count), \($0.bytes) bytes" }
    lines.append("namespaces \(content.namespaces.joined(separator: ", "))")
    lines.append("file       \(archive.bytesInUse) bytes in use of \(archive.fileBytes)")
    return lines.joined(separator: "\n")
  }

  /// Missing ranges that the text lists; the JSON has all.
  private static let rangesShown = 16

  private static func json(_ archive: LMDBArchive, _ content: Content) -> String {
    let chain = content.chain
    let id = { (id: BlockID) -> [String: Any] in ["number": id.number, "hash": id.hash.hex] }
    var object: [String: Any] = [
      "directory": archive.path, "owner": archive.header.owner.kind, "chain": chain.genesis.hex,
      "namespaces": content.namespaces,
      "store_format": archive.header.version, "chain_format": chain.format,
      "head": id(chain.head), "macro": id(chain.macro), "election": id(chain.election),
      "state_root": chain.stateRoot.hex, "holds_state": chain.holdsState,
      "diff_floor": chain.diffFloor, "bytes_in_use": archive.bytesInUse,
      "file_bytes": archive.fileBytes,
    ]
    for record in chain.records {
      object["\(record.name)_records"] = record.count
      object["\(record.name)_bytes"] = record.bytes
    }
    if let state = content.state {
      object["missing"] = state.missing.ranges.map { "\($0)" }
      object["missing_ppm"] = Int((state.missingShare * 1_000_000).rounded())
      object["items"] = state.items
      object["nodes_by_depth"] = state.nodesByDepth
      object["key_bytes"] = state.keyBytes
      object["value_bytes"] = state.valueBytes
      object["node_bytes"] = state.nodeBytes
    }
    return DbJSON.text(object)
  }
}
