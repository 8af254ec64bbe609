import Streams

/// The files that make up an AOF, in the order in which they are loaded.
package enum AOFFiles {
  private static let manifestSuffix = ".manifest"

  /// - Parameter path: an AOF file, or the directory with a manifest and files that Redis 7 keeps.
  static func list(_ path: String) throws(LogError) -> [String] {
    guard Folder.isFolder(path) else { return [path] }
    let (manifest, text) = try manifest(in: path)
    return try files(text, of: manifest).map { path + "/" + $0 }
  }

  private static func manifest(in path: String) throws(LogError) -> (String, [UInt8]) {
    var fault = "there is no file *\(manifestSuffix)"
    do throws(StreamError) {
      let names = try Folder.names(in: path, limit: KeyValueLimits.dataFilesMax)
        .filter { $0.hasSuffix(manifestSuffix) && !$0.hasPrefix("temp-") }
      if names.count == 1 {
        let file = path + "/" + names[0]
        return (file, try RegularFile(path: file).all(limit: KeyValueLimits.manifestBytesMax))
      }
      if names.count > 1 { fault = "there are several files *\(manifestSuffix)" }
    } catch { throw LogError(.disk, path, "\(error)") }
    throw LogError(.missing, path, fault)
  }

  /// The base and the increments that a manifest names, in order: lines
  /// `file NAME seq NUMBER type b|i|h`, where h (history) is no longer needed.
  package static func files(_ text: [UInt8], of manifest: String) throws(LogError) -> [String] {
    var base: String?
    var increments: [(number: UInt64, name: String)] = []
    var start = 0
    for line in text.split(separator: 10, omittingEmptySubsequences: false) {
      defer { start += line.count + 1 }
      let words = line.split(whereSeparator: { $0 == 32 || $0 == 13 }).map {
        String(decoding: $0, as: UTF8.self)
      }
      guard let first = words.first, !first.hasPrefix("#") else { continue }
      guard words.count == 6, words[0] == "file", words[2] == "seq", words[4] == "type",
        let number = UInt64(words[3])
      else { throw LogError(.refused, manifest, at: start, "no line of a manifest of an AOF") }
      let name = words[1]
      guard !name.contains("/"), !name.contains("\""), !name.hasPrefix(".") else {
        throw LogError(.refused, manifest, at: start, "a file is named that lies elsewhere")
      }
      switch words[5] {
      case "h": continue
      case "i": increments.append((number, name))
      case "b" where base == nil: base = name
      case "b": throw LogError(.refused, manifest, at: start, "there is a second base")
      default: throw LogError(.refused, manifest, at: start, "no type of a file: \(words[5])")
      }
    }
    for (one, next) in zip(increments, increments.dropFirst()) where one.number >= next.number {
      throw LogError(.refused, manifest, "the increments are not in order")
    }
    return (base.map { [$0] } ?? []) + increments.map(\.name)
  }
}
