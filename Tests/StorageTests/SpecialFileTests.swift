import Foundation
import Primitives
import Storage
import TestSupport
import Testing

/// In the place of a store's files may be anything. It is refused, with its place, without waiting,
/// and stays what it was.
@Suite struct SpecialFileTests {
  enum Kind: String, CaseIterable {
    case fifo, folder, device, socket, loop, nowhere, linkToFIFO

    func make(at path: String) throws {
      switch self {
      case .fifo: try #require(mkfifo(path, 0o644) == 0)
      case .folder: try #require(mkdir(path, 0o755) == 0)
      case .device: try #require(symlink("/dev/zero", path) == 0)
      case .socket:
        let descriptor = Foundation.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // The name of a socket has few bytes: its folder goes by a short one.
        let relative = "/proc/self/fd/"
        let folder = Foundation.open((path as NSString).deletingLastPathComponent, O_RDONLY)
        defer { close(folder) }
        let name = "\(relative)\(folder)/" + (path as NSString).lastPathComponent
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name.utf8) }
        let status = withUnsafePointer(to: &address) { pointer in
          pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
          }
        }
        try #require(status == 0)
      case .loop: try #require(symlink(path, path) == 0)
      case .nowhere: try #require(symlink(path + "-nowhere", path) == 0)
      case .linkToFIFO:
        try #require(mkfifo(path + "-fifo", 0o644) == 0)
        try #require(symlink(path + "-fifo", path) == 0)
      }
    }
  }

  private static func status(_ path: String) -> [UInt64] {
    var found = stat()
    guard lstat(path, &found) == 0 else { return [] }
    return [UInt64(found.st_mode), UInt64(found.st_ino), UInt64(found.st_rdev)]
  }

  @Test(
    .timeLimit(.minutes(1)), arguments: Kind.allCases, ["data.mdb", "lock.mdb", "data.mdb.new"])
  func file_shouldBeRefusedAndLeft_whenItIsNoRegularFile(kind: Kind, name: String) throws {
    let folder = TemporaryFolder()
    // A store that is there, but for the file that is to be created.
    try FileManager.default.createDirectory(
      atPath: folder.store, withIntermediateDirectories: true)
    if name == "lock.mdb" {
      try LMDBStore(path: folder.store, owner: StorePlace.owner).close()
      try FileManager.default.removeItem(atPath: folder.store + "/lock.mdb")
    }
    let path = folder.store + "/" + name
    try kind.make(at: path)
    let before = Self.status(path)
    for open in [
      { _ = try LMDBStore(path: folder.store, owner: StorePlace.owner) },
      { _ = try LMDBArchive(path: folder.store) },
    ] {
      do {
        try open()
        // An archive needs no other file than the records.
        #expect(name == "lock.mdb")
      } catch {
        let reason = (error as? StorageError)?.reason
        #expect(["not_a_file", "failed_open"].contains(reason), "\(error)")
        #expect("\(error)".contains(folder.store), "\(error)")
      }
    }
    #expect(Self.status(path) == before)
    #expect(!FileManager.default.fileExists(atPath: path + "-nowhere"))
  }

  @Test(.timeLimit(.minutes(1)), arguments: Kind.allCases.filter { $0 != .folder })
  func directory_shouldBeRefused_whenItIsNone(kind: Kind) throws {
    let folder = TemporaryFolder()
    try kind.make(at: folder.store)
    for open in [
      { _ = try LMDBStore(path: folder.store, owner: StorePlace.owner) },
      { _ = try LMDBArchive(path: folder.store) },
    ] {
      let error = #expect(throws: StorageError.self) { try open() }
      #expect(error?.reason == "failed_open" && error?.description.contains(folder.store) == true)
    }
  }

  @Test func links_shouldBeFollowed_whenTheyLeadToAStoresFile() throws {
    let folder = TemporaryFolder()
    let store = try LMDBStore(path: folder.store, owner: StorePlace.owner)
    try store.put("a", "1")
    try store.close()
    let moved = folder.path + "/elsewhere.mdb"
    try FileManager.default.moveItem(atPath: folder.file, toPath: moved)
    try FileManager.default.createSymbolicLink(atPath: folder.file, withDestinationPath: moved)
    let again = try LMDBStore(path: folder.store, owner: StorePlace.owner)
    #expect(try again.text("a") == "1")
    try again.put("a", "2")
    try again.close()
    let type = try FileManager.default.attributesOfItem(atPath: folder.file)[.type]
    #expect(type as? FileAttributeType == .typeSymbolicLink)
  }
}
