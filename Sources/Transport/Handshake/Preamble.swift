import Primitives

/// What both ends send in plain text before the handshake, and bind into it as its prologue: so
/// that an end of another protocol, version or network is told from a broken one.
///
/// Wire form, 42 bytes: `livesync` in ASCII, the version (two bytes, most significant first), the
/// network (32 bytes).
public struct Preamble: Sendable, Hashable {
  /// The version of everything that this module sends.
  public static let version: UInt16 = 1
  /// Length in bytes.
  public static let byteCount = magic.count + 2 + Hash256.byteCount

  private static let magic = Array("livesync".utf8)

  public let version: UInt16
  /// Names the network; for a chain the hash of its genesis block.
  public let network: Hash256

  public init(version: UInt16 = Preamble.version, network: Hash256) {
    self.version = version
    self.network = network
  }

  public var bytes: [UInt8] {
    Self.magic + [UInt8(version >> 8), UInt8(truncatingIfNeeded: version)] + network.bytes
  }

  /// The preamble held by exactly `byteCount` bytes; nil if it is that of another protocol.
  public init?(bytes: ArraySlice<UInt8>) {
    guard bytes.count == Self.byteCount, Self.canBegin(bytes) else { return nil }
    let fields = Array(bytes.dropFirst(Self.magic.count))
    version = UInt16(fields[0]) << 8 | UInt16(fields[1])
    network = fields[2...].withUnsafeBytes { Hash256(loading: $0) }
  }

  /// Whether bytes can be the beginning of a preamble.
  static func canBegin(_ bytes: ArraySlice<UInt8>) -> Bool {
    zip(bytes, magic).allSatisfy { $0 == $1 }
  }

  /// Throws what is wrong with the other end's preamble `theirs`, if anything is.
  func check(_ theirs: Preamble) throws(HandshakeError) {
    guard theirs.version == version else {
      throw .otherVersion(theirs: theirs.version, ours: version)
    }
    guard theirs.network == network else {
      throw .otherNetwork(theirs: theirs.network, ours: network)
    }
  }
}
