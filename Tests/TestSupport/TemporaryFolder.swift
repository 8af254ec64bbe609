import Foundation

/// A folder of one test, removed at its end.
public final class TemporaryFolder {
  public let path: String
  /// The data directory of the store in it.
  public var store: String { path + "/store" }
  public var file: String { store + "/data.mdb" }

  public init() {
    path = FileManager.default.temporaryDirectory.path + "/livesync-" + UUID().uuidString
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Every file below the folder and its bytes.
  public func contents() throws -> [String: [UInt8]] {
    var found: [String: [UInt8]] = [:]
    let names = FileManager.default.enumerator(atPath: path)?.allObjects as? [String] ?? []
    for name in names {
      let data = FileManager.default.contents(atPath: path + "/" + name)
      found[name] = data.map(Array.init) ?? []
    }
    return found
  }
}
