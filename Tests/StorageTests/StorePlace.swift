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
  static let owner = StoreOwner(kind: "test", version: 1)
  static let otherOwner = StoreOwner(
    kind: "chain", version: 7, identity: Blake2b256.hash(Array("other".utf8)))

  let kind: StoreKind
  let disk = MemoryDisk()
  let folder = TemporaryFolder()

  init(_ kind: StoreKind) {
    self.kind = kind
  }

  func open(owner: StoreOwner = StorePlace.owner) throws -> any KeyValueStore {
    switch kind {
    case .memory: try MemoryStore(on: disk, owner: owner)
    case .disk:
      try LMDBStore(path: folder.store, owner: owner)
    case .diskOnRequest:
      try LMDBStore(
        path: folder.store, owner: owner, options: LMDBOptions(durability: .onRequest))
    }
  }
}

/// The namespace of all records of which a test says no other, so that keys are bytes there.
let plain = Namespace("test/plain")

extension StoreReading where Self: ~Copyable {
  func value(of key: [UInt8]) throws(StorageError) -> [UInt8]? { try value(of: plain.key(key)) }

  func entries(descending: Bool = false) throws(StorageError) -> [StoreEntry] {
    try entries(in: plain.all, descending: descending)
  }
}

extension StoreTransaction {
  mutating func put(_ key: [UInt8], _ value: [UInt8]) throws(StorageError) {
    try put(plain.key(key), value)
  }

  @discardableResult
  mutating func delete(_ key: [UInt8]) throws(StorageError) -> Bool { try delete(plain.key(key)) }
}

extension StoreRange {
  static let all = plain.all

  init(from start: [UInt8] = [], to end: [UInt8]? = nil) {
    self.init(in: plain, from: start, to: end)
  }

  static func prefix(_ prefix: [UInt8]) -> StoreRange { plain.prefix(prefix) }
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
