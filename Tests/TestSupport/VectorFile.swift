import Foundation
import Primitives

/// Finds the files that tests read.
public enum PackageFiles {
  /// The folder of `Package.swift`.
  public static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The folder of the reference vectors: `LIVESYNC_VECTORS` if set, else `Fixtures/Vectors`.
  public static var vectors: URL {
    if let path = ProcessInfo.processInfo.environment["LIVESYNC_VECTORS"], !path.isEmpty {
      return URL(fileURLWithPath: path, isDirectory: true)
    }
    return root.appending(path: "Fixtures/Vectors")
  }

  /// The text of a file, given its path below the package folder.
  public static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }
}

/// The vectors recorded from the reference implementation.
public enum VectorFile {
  /// True if the vectors are the package's own. Another folder of the same files may have other
  /// cases, fewer, more or in another order: how many there are of a kind holds only here.
  public static var isShipped: Bool {
    PackageFiles.vectors.standardizedFileURL.path
      == PackageFiles.root.appending(path: "Fixtures/Vectors").standardizedFileURL.path
  }

  /// The document `name`.json of the vectors folder.
  public static func load(_ name: String) throws -> JSONValue {
    try JSONValue(parsing: Data(contentsOf: PackageFiles.vectors.appending(path: name + ".json")))
  }
}

extension JSONValue {
  /// The bytes of a text of hexadecimal digits.
  public var hexBytes: [UInt8] {
    guard let bytes = Hex.bytes(text) else { preconditionFailure("no hexadecimal text: \(text)") }
    return bytes
  }

  /// The key of a text of hexadecimal digits, one a nibble; the empty text is the root's key.
  public var key: KeyNibbles {
    guard let key = KeyNibbles(text) else { preconditionFailure("no key: \(text)") }
    return key
  }

  /// The hash of a text of 64 hexadecimal digits.
  public var hash: Hash256 {
    guard let hash = Hash256(hex: text) else { preconditionFailure("no hash: \(text)") }
    return hash
  }
}
