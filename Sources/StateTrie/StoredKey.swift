import Primitives
import Storage

/// The kinds of records the trie keeps, each in a namespace of its own.
enum StoredTable: Int, CaseIterable {
  /// Key → value of a held key.
  case leaves
  /// Path → preimage of an inner node's hash and the kinds of its children.
  case nodes
  /// Counters, missing and uncharted ranges.
  case state

  /// What one record of it is called.
  var name: String {
    switch self {
    case .leaves: "leaf"
    case .nodes: "node"
    case .state: "state"
    }
  }

  var namespace: Namespace {
    switch self {
    case .leaves: Self.leafSpace
    case .nodes: Self.nodeSpace
    case .state: Self.stateSpace
    }
  }

  private static let leafSpace = Namespace("state/leaves")
  private static let nodeSpace = Namespace("state/nodes")
  private static let stateSpace = Namespace("state/counters")
}

extension StateTrie {
  /// The namespaces of a store that a trie's records are in.
  public static let namespaces = StoredTable.allCases.map(\.namespace)
}

/// The key bytes of a nibble path, ordered like the paths.
///
/// The path's bytes, each zero byte followed by `ff`, then `00 01` after an odd number of nibbles
/// or `00 02` after an even one. Where one path ends, a longer one goes on with a byte above `00`,
/// or with `00 ff`: so the shorter one stands first, and of two that differ only in a last nibble
/// zero, the odd one.
enum StoredKey {
  /// Longest encoded path in bytes: 63 zero bytes, and the end.
  static let bytesMax = 2 * PrimitiveLimits.keyBytesMax + 2
  private static let zeroMark: UInt8 = 0xff
  private static let oddEnd: UInt8 = 0x01
  private static let evenEnd: UInt8 = 0x02

  /// Writes a path to `target`, which has room for `bytesMax`; returns the number of bytes.
  static func write(_ key: KeyNibbles, to target: UnsafeMutableRawPointer) -> Int {
    let count = key.byteCount
    return withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { plain in
      guard let source = plain.baseAddress else { return 0 }
      key.store(to: source)
      var end = 0
      for index in 0..<count {
        let byte = plain[index]
        target.storeBytes(of: byte, toByteOffset: end, as: UInt8.self)
        end += 1
        if byte == 0 {
          target.storeBytes(of: zeroMark, toByteOffset: end, as: UInt8.self)
          end += 1
        }
      }
      target.storeBytes(of: 0, toByteOffset: end, as: UInt8.self)
      target.storeBytes(
        of: key.count & 1 == 1 ? oddEnd : evenEnd, toByteOffset: end + 1, as: UInt8.self)
      return end + 2
    }
  }

  /// The key bytes of `key` behind `prefix`.
  static func bytes(_ key: KeyNibbles, behind prefix: [UInt8] = []) -> [UInt8] {
    let count = prefix.count
    return [UInt8](unsafeUninitializedCapacity: count + bytesMax) { buffer, initialized in
      guard let target = buffer.baseAddress else { return }
      for index in 0..<count { target[index] = prefix[index] }
      initialized = count + write(key, to: UnsafeMutableRawPointer(target + count))
    }
  }

  /// The records of a table with keys in `range`.
  static func range(_ table: StoredTable, _ range: KeyRange) -> StoreRange {
    StoreRange(
      in: table.namespace, from: bytes(range.start), to: range.end.map { bytes($0) })
  }

  /// The path in `bytes` after the first `skipping`, or nil if none is written so.
  static func key(in bytes: UnsafeRawBufferPointer, skipping: Int = 0) -> KeyNibbles? {
    withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { plain in
      var count = 0
      var index = skipping
      while index < bytes.count {
        let byte = bytes[index]
        index += 1
        if byte == 0 {
          guard index < bytes.count else { return nil }
          let mark = bytes[index]
          index += 1
          if mark == oddEnd || mark == evenEnd {
            let isOdd = mark == oddEnd
            guard index == bytes.count, !isOdd || (count > 0 && plain[count - 1] & 15 == 0),
              let source = plain.baseAddress
            else { return nil }
            return KeyNibbles(loading: source, nibbles: 2 * count - (isOdd ? 1 : 0))
          }
          guard mark == zeroMark else { return nil }
        }
        guard count < PrimitiveLimits.keyBytesMax else { return nil }
        plain[count] = byte
        count += 1
      }
      return nil
    }
  }
}
