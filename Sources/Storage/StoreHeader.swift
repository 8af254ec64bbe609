import Primitives

/// The first record of every store: whose it is and how to read it.
///
/// Stored as eight bytes `livesync`, the format version (four bytes, least significant first), the
/// owner (its version, four bytes; its identity, 32 bytes; the length of its kind, one byte; its
/// kind) and the CRC-32C of all that (four bytes).
public struct StoreHeader: Sendable, Hashable {
  /// The format that this program writes, and the only one it reads. In format 1 each room had
  /// bytes of its own before its keys, and every store was a chain's.
  public static let formatVersion: UInt32 = 2

  private static let magic = Array("livesync".utf8)
  /// Bytes before the owner's kind.
  private static let fixedBytes = 8 + 4 + 4 + 32 + 1

  /// How the records are stored.
  public let version: UInt32
  /// Whose the store is.
  public let owner: StoreOwner

  public init(owner: StoreOwner, version: UInt32 = Self.formatVersion) {
    self.version = version
    self.owner = owner
  }

  /// The stored form.
  public var bytes: [UInt8] {
    let numbers = [version, owner.version].map { number in
      (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * UInt32($0))) }
    }
    let kind = Array(owner.kind.utf8)
    let owned = numbers[1] + owner.identity.bytes + [UInt8(kind.count)] + kind
    return SealedRecord.seal(Self.magic + numbers[0] + owned, under: [])
  }

  /// Refuses what a store of `owner` cannot be opened with; `file` is named in the error.
  package func check(_ owner: StoreOwner, of file: String) throws(StorageError) {
    guard self.owner == owner else {
      throw .otherOwner(file, found: self.owner, expected: owner)
    }
  }

  /// The header in its stored form; refuses anything else, and other formats. `file` is named in
  /// the error.
  package init(_ bytes: [UInt8], of file: String) throws(StorageError) {
    let magic = Self.magic
    let common = min(bytes.count, magic.count)
    guard !bytes.isEmpty else { throw .truncated(file) }
    guard bytes[..<common] == magic[..<common] else { throw .foreignFile(file) }
    guard bytes.count >= magic.count + 4 else { throw .truncated(file) }
    let number = { (start: Int) in
      (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1)) }
    }
    // What follows may look different in another format, so this comes first.
    let version = number(magic.count)
    guard version <= Self.formatVersion else {
      throw .newerFormat(file, found: version, known: Self.formatVersion)
    }
    guard version == Self.formatVersion else {
      throw .olderFormat(file, found: version, known: Self.formatVersion)
    }
    guard bytes.count >= Self.fixedBytes else { throw .truncated(file) }
    let kindEnd = Self.fixedBytes + Int(bytes[Self.fixedBytes - 1])
    guard bytes.count >= kindEnd + SealedRecord.sealBytes else { throw .truncated(file) }
    let kind = String(decoding: bytes[Self.fixedBytes..<kindEnd], as: UTF8.self)
    guard bytes.count == kindEnd + SealedRecord.sealBytes, StoreName.isValid(kind),
      SealedRecord.open(bytes, under: []) != nil,
      let identity = Hash256(bytes: bytes[(Self.fixedBytes - 33)..<(Self.fixedBytes - 1)])
    else { throw .corrupted(file) }
    self.init(
      owner: StoreOwner(kind: kind, version: number(magic.count + 4), identity: identity),
      version: version)
  }
}
