import Primitives
import Runtime
import Streams

/// Files with the secret keys of a node or of validators.
///
/// A text of one line that names the kind, and a line for each key: its public key, a blank, and
/// its secret seed, both as 64 lower-case hexadecimal digits. Only the owner may read it (mode
/// 0600); a file that others can read is refused.
public enum KeyFile {
  /// What the keys of a file are for.
  public enum Kind: String, Sendable, CaseIterable {
    /// Who a node is on the network; one key.
    case node
    /// Who makes and signs blocks; any number of keys.
    case validator

    fileprivate var title: String { "livesync \(rawValue) keys, version 1, secret\n" }
    fileprivate var keysMax: Int { self == .node ? 1 : ProductionLimits.keysPerFileMax }
  }

  private static let digits = 2 * Hash256.byteCount
  private static let lineBytes = 2 * digits + 1

  /// Draws `count` keys from the operating system and writes them into a new file at `path`.
  /// Throws if anything is there; then nothing has changed.
  public static func generate(
    _ kind: Kind, count: Int = 1, at path: String
  ) throws(KeyFileError) -> [KeyPair] {
    var seeds = (0..<count).map { _ in
      var bytes = SystemEntropy.bytes(Hash256.byteCount)
      defer { Secrets.wipe(&bytes) }
      return bytes.withUnsafeBytes { Hash256(loading: $0) }
    }
    defer { for index in seeds.indices { seeds[index] = .zero } }
    return try create(kind, seeds: seeds, at: path)
  }

  /// Writes the keys of 1…`ProductionLimits.keysPerFileMax` different `seeds` into a new file at
  /// `path`; a node has one. Throws if anything is there; then nothing has changed.
  public static func create(
    _ kind: Kind, seeds: [Hash256], at path: String
  ) throws(KeyFileError) -> [KeyPair] {
    precondition((1...kind.keysMax).contains(seeds.count), "\(seeds.count) keys in a file")
    let pairs = seeds.map { KeyPair(seed: $0) }
    var bytes = content(kind, seeds: seeds, pairs: pairs)
    defer { Secrets.wipe(&bytes) }
    do throws(StreamError) {
      try SecretFile.create(path: path, bytes)
    } catch { throw .stream(error) }
    return pairs
  }

  /// The keys in the file at `path`, at least one, in the order of the file.
  public static func read(_ kind: Kind, at path: String) throws(KeyFileError) -> [KeyPair] {
    var bytes: [UInt8]
    do throws(StreamError) {
      bytes = try SecretFile.read(path: path, limit: ProductionLimits.keyFileBytesMax)
    } catch { throw .stream(error) }
    defer { Secrets.wipe(&bytes) }
    return try keys(kind, in: bytes, of: path)
  }

  /// The key of a node: that of the file at `path`, or a new one in a new file.
  public static func nodeKey(at path: String) throws(KeyFileError) -> KeyPair {
    do throws(KeyFileError) {
      return try read(.node, at: path)[0]
    } catch {
      guard error.isAbsent else { throw error }
    }
    return try generate(.node, at: path)[0]
  }

  /// The bytes of a file with the keys of `seeds`; the caller wipes them.
  package static func content(_ kind: Kind, seeds: [Hash256]) -> [UInt8] {
    content(kind, seeds: seeds, pairs: seeds.map { KeyPair(seed: $0) })
  }

  private static func content(_ kind: Kind, seeds: [Hash256], pairs: [KeyPair]) -> [UInt8] {
    var bytes = Array(kind.title.utf8)
    // One array from the beginning: growing would leave copies behind.
    bytes.reserveCapacity(bytes.count + seeds.count * (lineBytes + 1))
    for (seed, pair) in zip(seeds, pairs) {
      bytes += pair.publicKey.description.utf8
      bytes.append(UInt8(ascii: " "))
      for word in [seed.words.0, seed.words.1, seed.words.2, seed.words.3] {
        for shift in stride(from: UInt64(60), through: 0, by: -4) {
          bytes.append(digit(UInt8(word >> shift & 15)))
        }
      }
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }

  /// The keys in the bytes of a file that errors call `path`.
  package static func keys(
    _ kind: Kind, in bytes: [UInt8], of path: String
  ) throws(KeyFileError) -> [KeyPair] {
    guard let found = Kind.allCases.first(where: { bytes.starts(with: $0.title.utf8) }) else {
      throw .malformed("this is no key file of livesync", line: 1, of: path)
    }
    guard found == kind else { throw .wrongKind(expected: kind, found: found, of: path) }
    var rest = bytes.dropFirst(kind.title.utf8.count)
    var pairs: [KeyPair] = []
    var known: Set<PublicKey> = []
    while !rest.isEmpty {
      let line = pairs.count + 2
      guard pairs.count < kind.keysMax else {
        throw .malformed("more than \(kind.keysMax) keys", line: line, of: path)
      }
      let text = rest.prefix(lineBytes + 1)
      guard text.count == lineBytes + 1, text.last == UInt8(ascii: "\n"),
        text[text.startIndex + digits] == UInt8(ascii: " "),
        let stated = hash(text.prefix(digits)),
        let seed = hash(text.dropFirst(digits + 1).dropLast())
      else {
        throw .malformed("this is no pair of keys, each of \(digits) digits", line: line, of: path)
      }
      let pair = KeyPair(seed: seed)
      guard pair.publicKey.raw == stated else {
        throw .malformed("the public key is not that of the secret one", line: line, of: path)
      }
      guard known.insert(pair.publicKey).inserted else {
        throw .malformed("the key comes twice", line: line, of: path)
      }
      pairs.append(pair)
      rest = rest.dropFirst(text.count)
    }
    guard !pairs.isEmpty else { throw .malformed("no key follows", line: 2, of: path) }
    return pairs
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }

  /// The hash of 64 lower-case digits, without a text that would stay in memory.
  private static func hash(_ digits: ArraySlice<UInt8>) -> Hash256? {
    var words: [UInt64] = [0, 0, 0, 0]
    for (index, character) in digits.enumerated() {
      guard let value = Hex.nibble(character), digit(value) == character else { return nil }
      words[index / 16] = words[index / 16] << 4 | UInt64(value)
    }
    return Hash256(words: (words[0], words[1], words[2], words[3]))
  }
}
