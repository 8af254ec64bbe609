import Foundation

/// A file system of a few kilobytes in memory, for what happens on a full disk. Needs the right to
/// mount one.
public final class SmallDisk {
  /// Its top folder.
  public let path: String

  /// Whether this process may mount file systems.
  public static let isAvailable: Bool = (try? SmallDisk(kilobytes: 4)) != nil

  /// Why tests with a small disk are skipped where there can be none.
  public static let reasonIfNone = "a file system of its own can only be mounted by root"

  public struct MountError: Error {}

  public init(kilobytes: Int) throws {
    path = FileManager.default.temporaryDirectory.path + "/livesync-disk-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    do {
      try Self.run("mount", "-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", path)
    } catch {
      try FileManager.default.removeItem(atPath: path)
      throw error
    }
  }

  /// Makes it larger or smaller.
  public func resize(kilobytes: Int) throws {
    try Self.run("mount", "-o", "remount,size=\(kilobytes)k", path)
  }

  deinit {
    try? Self.run("umount", "-l", path)
    try? FileManager.default.removeItem(atPath: path)
  }

  private static func run(_ words: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw MountError() }
  }
}
