import Primitives

/// The first record of every store: whose it is and how to read it.
///
/// Stored as eight bytes `livesync`, the format version (four bytes, least significant first), the
/// identity of the chain (32 bytes) and the CRC-32C of all that (four bytes).
public struct StoreHeader: Sendable, Hashable {
  /// The format that this program writes, and the newest one it reads.
  public static let formatVersion: UInt32 = 1

  private static let magic = Array("livesync".utf8)
  private static let byteCount = 48

  /// How the records are stored.
  public let version: UInt32
  /// What tells this chain from any other, for instance the hash of its first block.
  public let chain: Hash256

  public init(chain: Hash256, version: UInt32 = Self.formatVersion) {
    self.version = version
    self.chain = chain
  }

  /// The stored form.
  public var bytes: [UInt8] {
    let number = (0..<4).map { UInt8(truncatingIfNeeded: version >> (8 * UInt32($0))) }
    return SealedRecord.seal(Self.magic + number + chain.bytes, under: [])
  }

  /// Refuses what a store of `chain` cannot be opened with; `file` is named in the error.
  package func check(_ chain: Hash256, of file: String) throws(StorageError) {
    guard self.chain == chain else {
      throw .otherChain(file, found: self.chain, expected: chain)
    }
  }

  /// The header in its stored form; refuses anything else, and newer formats. `file` is named in
  /// the error.
  package init(_ bytes: [UInt8], of file: String) throws(StorageError) {
    let magic = Self.magic
    let common = min(bytes.count, magic.count)
    guard !bytes.isEmpty else { throw .truncated(file) }
    guard bytes[..<common] == magic[..<common] else { throw .foreignFile(file) }
    guard bytes.count >= magic.count + 4 else { throw .truncated(file) }
    let version = (0..<4).reduce(UInt32(0)) { number, index in
      number | UInt32(bytes[magic.count + index]) << (8 * UInt32(index))
    }
    // What follows may look different in a newer format, so this comes first.
    guard version <= Self.formatVersion else {
      throw .newerFormat(file, found: version, known: Self.formatVersion)
    }
    guard bytes.count >= Self.byteCount else { throw .truncated(file) }
    guard bytes.count == Self.byteCount, let sealed = SealedRecord.open(bytes, under: []),
      let found = Hash256(bytes: sealed[(magic.count + 4)...])
    else { throw .corrupted(file) }
    self.init(chain: found, version: version)
  }
}
