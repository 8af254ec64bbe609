import Glibc
import RESP
import Streams

/// The keys of a store as a file that Redis loads: requests one after another.
public struct AOFExport: Sendable {
  /// Keys that were written.
  public internal(set) var keys = 0
  /// Keys with a replicated value that is no string, which Redis has no type for: left out.
  public internal(set) var leftOut = 0
  public internal(set) var bytes = 0

  /// Writes a new file: `SELECT 0`, then `SET key value [PXAT milliseconds]` for each key whose
  /// time is not over.
  public init(
    from disk: any LogDisk, to path: String, at milliseconds: UInt64
  ) throws(LogError) {
    guard let identity = try KeyValueRecovery.identity(of: disk) else {
      throw LogError(.missing, disk.path, "there is no key-value store")
    }
    let store = try OfflineStore(disk, as: identity, at: milliseconds, isReadOnly: true)
    do throws(StreamError) {
      var file = try NewFile(path: path, mode: 0o600)
      try write(store.core, to: &file, at: milliseconds)
      try file.synchronize()
    } catch { throw LogError(.disk, path, "\(error)") }
  }

  private mutating func write(
    _ core: borrowing KeyValueCore, to file: inout NewFile, at milliseconds: UInt64
  ) throws(StreamError) {
    var buffer = RequestWriter.bytes("SELECT", "0")
    // By reference, since the closure must not change what is borrowed.
    var (keys, leftOut) = (0, 0)
    try core.forEachEntry { view throws(StreamError) in
      guard view.kind.isLive, view.expiry == 0 || view.expiry > milliseconds else { return }
      guard let text = Self.text(view) else {
        leftOut += 1
        return
      }
      Self.append(view, text, to: &buffer)
      keys += 1
      guard buffer.count >= KeyValueLimits.readAheadBytes else { return }
      try file.append(buffer)
      buffer.removeAll(keepingCapacity: true)
    }
    try file.append(buffer)
    (self.keys, self.leftOut, bytes) = (keys, leftOut, file.bytes)
  }

  /// The string of a key, the newest if several stand side by side; nil if it holds none.
  private static func text(_ view: EffectView) -> [UInt8]? {
    guard view.kind.isReplicated else { return Array(view.value) }
    return (try? ReplicatedValue(wireBytes: Array(view.value)))?.texts.first
  }

  private static func append(_ view: EffectView, _ text: [UInt8], to buffer: inout [UInt8]) {
    var words: [[UInt8]] = [Array("SET".utf8), Array(view.key), text]
    if view.expiry != 0 { words += [Array("PXAT".utf8), Array("\(view.expiry)".utf8)] }
    RequestWriter.append(words, to: &buffer)
  }
}
