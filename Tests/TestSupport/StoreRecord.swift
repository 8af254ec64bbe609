import Storage

/// A record with its namespace.
public struct StoreRecord: Hashable, Sendable {
  public var key: StoreKey
  public var value: [UInt8]

  public init(key: StoreKey, value: [UInt8]) {
    self.key = key
    self.value = value
  }
}

extension StoreReading where Self: ~Copyable {
  /// All records of all namespaces, in the order in which they are stored.
  public func records() throws(StorageError) -> [StoreRecord] {
    var records: [StoreRecord] = []
    for namespace in namespaces {
      records += try entries(in: namespace.all).map {
        StoreRecord(key: namespace.key($0.key), value: $0.value)
      }
    }
    return records
  }
}
