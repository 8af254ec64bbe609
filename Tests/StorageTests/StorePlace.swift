import Foundation
import Primitives
import Storage
import TestSupport
import Testing

/// The implementations that must behave alike.
enum StoreKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case memory
  case disk
  case diskOnRequest

  var testDescription: String { rawValue }
}

/// Where the records of a store stay while it is closed; removed at the end.
final class StorePlace {
  static let chain = Blake2b256.hash(Array("chain".utf8))
  static let otherChain = Blake2b256.hash(Array("other chain".utf8))

  let kind: StoreKind
  let disk = MemoryDisk()
  let folder = TemporaryFolder()

  init(_ kind: StoreKind) {
    self.kind = kind
  }

  func open(chain: Hash256 = StorePlace.chain) throws -> any KeyValueStore {
    switch kind {
    case .memory: try MemoryStore(on: disk, chain: chain)
    case .disk:
      try LMDBStore(path: folder.store, chain: chain)
    case .diskOnRequest:
      try LMDBStore(
        path: folder.store, chain: chain, options: LMDBOptions(durability: .onRequest))
    }
  }
}

extension String {
  var key: [UInt8] { Array(utf8) }
}

extension KeyValueStore {
  func put(_ key: String, _ value: String) throws(StorageError) {
    try write { transaction throws(StorageError) in try transaction.put(key.key, value.key) }
  }

  func text(_ key: String) throws(StorageError) -> String? {
    try read { snapshot throws(StorageError) in try snapshot.value(of: key.key) }
      .map { String(decoding: $0, as: UTF8.self) }
  }

  func all(descending: Bool = false) throws(StorageError) -> [StoreEntry] {
    try read { snapshot throws(StorageError) in try snapshot.entries(descending: descending) }
  }
}

/// The reason of the storage error that `body` throws, nil if it throws none.
func reason(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return (error as? StorageError)?.reason ?? "\(error)"
  }
}
