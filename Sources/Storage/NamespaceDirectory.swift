import Primitives

/// Which byte stands before the keys of which namespace in one store.
///
/// The store keeps it itself, among its records: under a zero byte and the name of each namespace
/// is its byte, 1 for the first one that a record was put into, then 2, and so on. It is written in
/// the transaction of that record, and never changes.
struct NamespaceDirectory: Sendable {
  /// The byte before the directory's own keys.
  static let ownByte: UInt8 = 0
  /// The byte of those that have no record yet: nothing is ever found there.
  static let emptyByte = UInt8(StorageLimits.namespacesMax + 1)

  /// In the order of their bytes.
  private(set) var names: [String] = []
  private var bytes: [String: UInt8] = [:]

  init() {}

  /// Those that the store has.
  var all: [Namespace] { names.map { Namespace(found: $0) } }

  /// The directory that `records` are, with the names as keys; `file` is named in the error.
  init(_ records: [StoreEntry], of file: String) throws(StorageError) {
    guard records.count <= StorageLimits.namespacesMax else {
      throw Self.damage(file, "it has \(records.count) entries")
    }
    var found = [String](repeating: "", count: records.count)
    for record in records {
      let name = String(decoding: record.key, as: UTF8.self)
      guard StoreName.isValid(name) else {
        throw Self.damage(file, "\(Hex.string(record.key)) names no namespace")
      }
      guard record.value.count == 1, (1...found.count).contains(Int(record.value[0])),
        found[Int(record.value[0]) - 1].isEmpty
      else {
        throw Self.damage(file, "\(name) cannot have the byte \(Hex.string(record.value))")
      }
      found[Int(record.value[0]) - 1] = name
      bytes[name] = record.value[0]
    }
    names = found
  }

  /// The directory of a state that is open.
  init(in reader: any StoreReader, of file: String) throws(StorageError) {
    let cursor = try reader.makeCursor(in: Self.ownByte)
    defer { cursor.close() }
    var records: [StoreEntry] = []
    var entry = try cursor.move(.first)
    // One more than there can be is told from all that there can be.
    while let record = entry, records.count <= StorageLimits.namespacesMax {
      records.append(record)
      entry = try cursor.move(.next)
    }
    try self.init(records, of: file)
  }

  /// The byte before the keys of `namespace`.
  func byte(of namespace: Namespace) throws(StorageError) -> UInt8 {
    try namespace.checkDeclared()
    return bytes[namespace.name] ?? Self.emptyByte
  }

  /// Gives a byte to a namespace that has none. The record that says so has to be stored.
  mutating func add(_ namespace: Namespace) throws(StorageError) -> StoreEntry {
    guard names.count < StorageLimits.namespacesMax else {
      throw .tooManyNamespaces(limit: StorageLimits.namespacesMax)
    }
    names.append(namespace.name)
    let byte = UInt8(names.count)
    bytes[namespace.name] = byte
    return StoreEntry(key: [Self.ownByte] + Array(namespace.name.utf8), value: [byte])
  }

  /// Whose record a key is of; nil if it is nobody's.
  func owner(of key: some Collection<UInt8>) -> String? {
    guard let byte = key.first else { return nil }
    if byte == Self.ownByte { return "the namespaces" }
    return names.indices.contains(Int(byte) - 1) ? names[Int(byte) - 1] : nil
  }

  /// A record as errors name it.
  func describe(_ key: some Collection<UInt8>) -> String {
    "\(Hex.string(Array(key.dropFirst()))) of \(owner(of: key) ?? "no namespace")"
  }

  private static func damage(_ file: String, _ fault: String) -> StorageError {
    .damagedTable(file, "namespaces", fault)
  }
}
