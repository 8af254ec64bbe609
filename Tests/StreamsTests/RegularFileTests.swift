import Foundation
import Streams
import TestSupport
import Testing

@Suite struct RegularFileTests {
  private let folder = TemporaryFolder()

  private func path(_ name: String) -> String { folder.path + "/" + name }

  @Test func file_shouldBeReadAtAnyPlace() throws {
    var file = try NewFile(path: path("a"))
    try file.append([1, 2, 3])
    try file.append([])
    try file.append([4, 5])
    try file.synchronize()
    #expect(file.bytes == 5)
    let read = try RegularFile(path: path("a"))
    #expect(read.bytes == 5)
    #expect(try read.read(at: 1, 3) == [2, 3, 4])
    #expect(try read.read(at: 3, 9) == [4, 5])
    #expect(try read.read(at: 9, 9) == [])
    #expect(try read.all(limit: 5) == [1, 2, 3, 4, 5])
    #expect(throws: StreamError.self) { try read.all(limit: 4) }
  }

  @Test func otherThings_shouldBeRefusedAndNotWaitedFor() throws {
    #expect(mkfifo(path("fifo"), 0o600) == 0)
    try FileManager.default.createDirectory(
      atPath: path("folder"), withIntermediateDirectories: false)
    try FileManager.default.createSymbolicLink(
      atPath: path("link"), withDestinationPath: path("fifo"))
    for name in ["fifo", "folder", "link", "nothing", "fifo/x"] {
      #expect(throws: StreamError.self, "\(name)") { try RegularFile(path: path(name)) }
    }
    #expect(throws: StreamError.self) { try RegularFile(path: "/dev/zero") }
  }

  @Test func newFile_shouldReplaceNothing() throws {
    try FileManager.default.createSymbolicLink(
      atPath: path("link"), withDestinationPath: path("target"))
    _ = try NewFile(path: path("a"))
    for name in ["a", "link"] {
      do {
        _ = try NewFile(path: path(name))
        Issue.record("\(name) was written over")
      } catch { #expect(error.isPresent) }
    }
    #expect(!FileManager.default.fileExists(atPath: path("target")))
  }

  @Test func folder_shouldBeListedMovedAndRemoved() throws {
    try Folder.make(path("a"))
    for name in ["y", "x", "z"] { _ = try NewFile(path: path("a/" + name)) }
    #expect(try Folder.names(in: path("a"), limit: 3) == ["x", "y", "z"])
    #expect(throws: StreamError.self) { try Folder.names(in: path("a"), limit: 2) }
    do {
      _ = try Folder.names(in: path("b"), limit: 2)
      Issue.record("there is no folder b")
    } catch { #expect(error.isAbsent) }
    try Folder.rename(path("a"), to: path("b"))
    #expect(Folder.isFolder(path("b")) && !Folder.isFolder(path("a")))
    try Folder.make(path("a"))
    _ = try NewFile(path: path("a/x"))
    do {
      try Folder.rename(path("b"), to: path("a"))
      Issue.record("a folder with files was replaced")
    } catch { #expect(error.isPresent) }
    try FileManager.default.createSymbolicLink(
      atPath: path("link"), withDestinationPath: path("a"))
    #expect(!Folder.isFolder(path("link")))
    // A link is removed, not what it leads to.
    try Folder.remove(path("link"), filesMax: 9)
    #expect(Folder.isFolder(path("a")))
    try Folder.remove(path("b"), filesMax: 9)
    try Folder.remove(path("b"), filesMax: 9)
    try Folder.make(path("a/inner"))
    #expect(throws: StreamError.self) { try Folder.remove(path("a"), filesMax: 9) }
    #expect(Folder.isFolder(path("a/inner")))
  }
}
