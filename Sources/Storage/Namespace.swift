import Locking

/// A key space of its own in whatever store: no record of one namespace is ever seen in another.
///
/// A room declares one by a name, such as `Namespace("state/nodes")`, and asks nobody. In each
/// store the name gets a byte when the first record is put, which then stands before all keys.
public struct Namespace: Sendable, Hashable, CustomStringConvertible {
  /// What it is called in every store: what it belongs to, a slash, and what its records are.
  public let name: String
  /// The room that has declared the same name before another one did.
  private let takenBy: String?

  /// Declares a namespace. The name has 1 to `StorageLimits.nameBytesMax` bytes: small letters,
  /// digits, `-` and `/`.
  ///
  /// A second room that declares the same name gets `namespaceTaken` whenever it uses it.
  public init(_ name: String, fileID: StaticString = #fileID) {
    precondition(StoreName.isValid(name), "no name of a namespace: \(name)")
    let room = String("\(fileID)".prefix { $0 != "/" })
    let first = Self.rooms.withLock { rooms in
      if rooms[name] == nil { rooms[name] = room }
      return rooms[name]
    }
    self.name = name
    takenBy = first == room ? nil : first
  }

  /// A namespace that a store has, for whoever looks at all of them.
  init(found name: String) {
    self.name = name
    takenBy = nil
  }

  /// Which room has declared a name first; as many as there are declarations in the program.
  private static let rooms = Lock<[String: String]>([:])

  /// The key of one record: 0 to `StorageLimits.keyBytesMax` bytes.
  public func key(_ bytes: [UInt8] = []) -> StoreKey { StoreKey(namespace: self, bytes: bytes) }

  /// All records.
  public var all: StoreRange { StoreRange(in: self) }

  /// The records whose keys begin with `prefix`.
  public func prefix(_ prefix: [UInt8]) -> StoreRange {
    var end = prefix
    while end.last == 0xff { end.removeLast() }
    guard let last = end.last else { return StoreRange(in: self, from: prefix) }
    end[end.count - 1] = last + 1
    return StoreRange(in: self, from: prefix, to: end)
  }

  public static func == (a: Namespace, b: Namespace) -> Bool { a.name == b.name }

  public func hash(into hasher: inout Hasher) { hasher.combine(name) }

  public var description: String { name }

  /// Refuses a name that two rooms have declared.
  func checkDeclared() throws(StorageError) {
    if let takenBy { throw .namespaceTaken(name, by: takenBy) }
  }
}

/// The key of a record. Keys are in the order of their namespaces' names, and in each like bytes.
public struct StoreKey: Sendable, Hashable, Comparable {
  public var namespace: Namespace
  /// What tells the record from others of its namespace.
  public var bytes: [UInt8]

  public init(namespace: Namespace, bytes: [UInt8]) {
    self.namespace = namespace
    self.bytes = bytes
  }

  public static func < (a: StoreKey, b: StoreKey) -> Bool {
    a.namespace == b.namespace
      ? ByteOrder.compare(a.bytes, b.bytes) < 0 : a.namespace.name < b.namespace.name
  }
}

/// What holds for the names that are written into stores.
enum StoreName {
  static func isValid(_ name: String) -> Bool {
    (1...StorageLimits.nameBytesMax).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "/"): true
        default: false
        }
      }
  }
}
