import CRDT
import Primitives
import Storage

/// Which store files belong to.
public struct StoreIdentity: Sendable, Hashable {
  /// Drawn when the store is made; a copy that is to live beside it gets another one.
  public let store: Hash256
  /// The replica that writes here.
  public let replica: ReplicaID

  public init(store: Hash256, replica: ReplicaID) {
    self.store = store
    self.replica = replica
  }
}

/// The first bytes of a log file or a checkpoint. Little-endian:
///
/// | byte | |
/// |---|---|
/// | 0 | `livesykv` |
/// | 8 | format, 4 bytes |
/// | 12 | 1: log, 2: checkpoint |
/// | 13 | identity of the store, 32 bytes |
/// | 45 | replica, 8 bytes |
/// | 53 | number of the first frame (log), or of the first frame of the log that goes on from it |
/// | 61 | CRC-32C of all before, 4 bytes; the checksums of the file's frames begin with it |
public struct LogHeader: Sendable, Hashable {
  public enum Content: UInt8, Sendable {
    case log = 1
    case checkpoint = 2
  }

  public static let formatVersion: UInt32 = 1
  public static let bytes = 65
  private static let magic = Array("livesykv".utf8)

  public let content: Content
  public let identity: StoreIdentity
  public let first: UInt64

  public init(_ content: Content, _ identity: StoreIdentity, first: UInt64) {
    self.content = content
    self.identity = identity
    self.first = first
  }

  /// The stored form, and the checksum at its end.
  var stored: (bytes: [UInt8], seed: UInt32) {
    var bytes = Self.magic
    LittleEndian.append(Self.formatVersion, to: &bytes)
    bytes.append(content.rawValue)
    bytes += identity.store.bytes
    LittleEndian.append(identity.replica.bits, to: &bytes)
    LittleEndian.append(first, to: &bytes)
    let seed = bytes.withUnsafeBytes { bytes in
      var checksum = Checksum()
      checksum.add(bytes)
      return checksum.value
    }
    LittleEndian.append(seed, to: &bytes)
    return (bytes, seed)
  }

  /// Reads the stored form from the first bytes of `file`.
  /// - Throws: `LogError` of kind `damaged`, `foreign` or `newerFormat`.
  static func read(
    _ bytes: [UInt8], of file: String
  ) throws(LogError) -> (header: LogHeader, seed: UInt32) {
    let common = min(bytes.count, magic.count)
    guard bytes[..<common] == magic[..<common] else {
      throw LogError(.foreign, file, at: 0, "this is no file of the key-value store")
    }
    guard bytes.count >= 12 else {
      throw LogError(.damaged, file, at: bytes.count, "the header ends here")
    }
    let format = bytes.withUnsafeBytes { LittleEndian.uint32($0, at: 8) }
    guard format == formatVersion else {
      throw LogError(
        .newerFormat, file, at: 8, "format \(format); this program reads \(formatVersion)")
    }
    guard bytes.count >= Self.bytes else {
      throw LogError(.damaged, file, at: bytes.count, "the header ends here")
    }
    let header = bytes.withUnsafeBytes { bytes -> LogHeader? in
      guard let content = Content(rawValue: bytes[12]) else { return nil }
      let store = Hash256(loading: UnsafeRawBufferPointer(rebasing: bytes[13..<45]))
      return LogHeader(
        content,
        StoreIdentity(
          store: store, replica: ReplicaID(LittleEndian.uint64(bytes, at: 45))),
        first: LittleEndian.uint64(bytes, at: 53))
    }
    guard let header, header.stored.bytes == Array(bytes[..<Self.bytes]) else {
      throw LogError(.damaged, file, at: 12, "the header is not what was written")
    }
    return (header, header.stored.seed)
  }
}
