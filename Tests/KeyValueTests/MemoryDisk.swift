import CRDT
import Glibc
import KeyValue
import Primitives
import RESP
import TestSupport
import Testing

/// A directory in memory that fails, tears, and forgets what was not synced.
///
/// `@unchecked Sendable`: tests use one thread.
final class MemoryDisk: LogDisk, @unchecked Sendable {
  final class Inode {
    var data: [UInt8] = []
    /// What is on the disk.
    var durable: [UInt8] = []
    /// Bytes that a failed sync lost; nobody is told again.
    var lost: [Range<Int>] = []
    /// The file was cut since the last sync, so what lies before is not sure either.
    var cutTo: Int?
  }

  enum NameChange {
    case link(String, Inode)
    case unlink(String)
  }

  /// What happens at one call.
  enum Fault {
    /// It fails, after so many bytes of a write.
    case error(Int32, written: Int)
    /// The process ends in it, after so many bytes of a write.
    case crash(written: Int)
  }

  let path = "memory"
  var files: [String: Inode] = [:]
  private var durableFiles: [String: Inode] = [:]
  private var changes: [NameChange] = []
  /// Calls that change something.
  private(set) var calls = 0
  private(set) var log: [String] = []
  var faults: [Int: Fault] = [:]
  /// Whether every write fails with this.
  var fullWith: Int32?
  private(set) var isDead = false
  var onCreate: () -> Void = {}
  /// Planted: syncs do nothing.
  var forgetsSyncs = false
  /// Planted: cuts take this many bytes more.
  var cutsMore = 0
  /// Planted: what is to be renamed is removed first, and renames come late.
  var removesBeforeRename = false
  private var lateRename: (String, String)?

  /// Counts a call; gives how many bytes of a write are done before it fails.
  private func call(_ doing: DiskError.Call, _ name: String) throws(DiskError) -> (Int, DiskError)?
  {
    guard !isDead else { throw DiskError(doing: doing, file: name, code: EIO) }
    defer { calls += 1 }
    log.append("\(doing) \(name)")
    switch faults[calls] {
    case .error(let code, let written):
      return (written, DiskError(doing: doing, file: name, code: code))
    case .crash(let written):
      isDead = true
      return (written, DiskError(doing: doing, file: name, code: EIO))
    case nil: return nil
    }
  }

  private func inode(_ name: String) throws(DiskError) -> Inode {
    guard let inode = files[name] else {
      throw DiskError(doing: .read, file: name, code: ENOENT)
    }
    return inode
  }

  func names() -> [String] { Array(files.keys) }
  func size(of name: String) throws(DiskError) -> Int { try inode(name).data.count }

  func read(_ name: String, at offset: Int, count: Int) throws(DiskError) -> [UInt8] {
    let data = try inode(name).data
    guard offset < data.count else { return [] }
    return Array(data[offset..<min(data.count, offset + count)])
  }

  func create(_ name: String) throws(DiskError) -> any LogDiskFile {
    if let (_, error) = try call(.made, name) { throw error }
    guard files[name] == nil else { throw DiskError(doing: .made, file: name, code: EEXIST) }
    onCreate()
    let inode = Inode()
    files[name] = inode
    changes.append(.link(name, inode))
    return File(self, inode, name)
  }

  func rename(_ name: String, to target: String) throws(DiskError) {
    if removesBeforeRename, name.hasPrefix("checkpoint"), lateRename == nil {
      lateRename = (name, target)
      return
    }
    if let (_, error) = try call(.renamed, name) { throw error }
    let inode = try inode(name)
    files[name] = nil
    files[target] = inode
    changes += [.unlink(name), .link(target, inode)]
  }

  func remove(_ name: String) throws(DiskError) {
    guard files[name] != nil else { return }
    if let (_, error) = try call(.removed, name) { throw error }
    files[name] = nil
    changes.append(.unlink(name))
  }

  func truncate(_ name: String, to bytes: Int) throws(DiskError) {
    let file = File(self, try inode(name), name)
    try file.truncate(to: max(0, bytes - cutsMore))
    try file.synchronize()
  }

  func synchronize() throws(DiskError) {
    if let (_, error) = try call(.synced, "names") { throw error }
    if let (name, target) = lateRename {
      // What came before goes first.
      for old in files.keys
      where old.hasPrefix("log-") && old < files.keys.filter({ $0.hasPrefix("log-") }).max()! {
        try remove(old)
      }
      changes = []
      durableFiles = files
      try rename(name, to: target)
      lateRename = nil
    }
    if forgetsSyncs { return }
    changes = []
    durableFiles = files
  }

  private final class File: LogDiskFile, @unchecked Sendable {
    private let disk: MemoryDisk
    private let inode: Inode
    private let name: String

    init(_ disk: MemoryDisk, _ inode: Inode, _ name: String) {
      (self.disk, self.inode, self.name) = (disk, inode, name)
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws(DiskError) {
      if let code = disk.fullWith {
        inode.data += bytes.prefix(bytes.count / 2)
        throw DiskError(doing: .written, file: name, code: code)
      }
      if let (written, error) = try disk.call(.written, name) {
        inode.data += bytes.prefix(min(written, bytes.count))
        throw error
      }
      inode.data += bytes
    }

    func truncate(to bytes: Int) throws(DiskError) {
      if let (_, error) = try disk.call(.cut, name) { throw error }
      inode.data.removeLast(inode.data.count - bytes)
      inode.cutTo = min(inode.cutTo ?? bytes, bytes)
    }

    func synchronize() throws(DiskError) {
      if let (_, error) = try disk.call(.synced, name) {
        if !disk.isDead, inode.data.count > inode.durable.count {
          inode.lost.append(inode.durable.count..<inode.data.count)
        }
        throw error
      }
      if disk.forgetsSyncs { return }
      inode.durable = inode.data
      inode.cutTo = nil
      for range in inode.lost {
        for byte in range where byte < inode.durable.count { inode.durable[byte] = 0 }
      }
    }
  }

  /// The directory that the next process finds.
  /// - Parameter random: nil if the machine goes on; else what was not synced is there in part.
  func afterCrash(powerLoss random: inout SeededGenerator, _ isPowerLoss: Bool) -> MemoryDisk {
    let disk = MemoryDisk()
    guard isPowerLoss else {
      // What was not synced still is not, and may go when the next process has begun.
      var copies: [ObjectIdentifier: Inode] = [:]
      func copy(_ inode: Inode) -> Inode {
        if let copy = copies[ObjectIdentifier(inode)] { return copy }
        let copy = Inode()
        (copy.data, copy.durable) = (inode.data, inode.durable)
        // What a failed sync lost is lost, whatever later ones say.
        (copy.cutTo, copy.lost) = (inode.cutTo, inode.lost)
        copies[ObjectIdentifier(inode)] = copy
        return copy
      }
      disk.files = files.mapValues(copy)
      disk.durableFiles = durableFiles.mapValues(copy)
      disk.changes = changes.map { change in
        switch change {
        case .link(let name, let inode): .link(name, copy(inode))
        case .unlink: change
        }
      }
      return disk
    }
    var names = durableFiles
    for change in changes.prefix(random.below(changes.count + 1)) {
      switch change {
      case .link(let name, let inode): names[name] = inode
      case .unlink(let name): names[name] = nil
      }
    }
    for (name, inode) in names.sorted(by: { $0.key < $1.key }) {
      var data = inode.durable
      if let cut = inode.cutTo, cut < data.count { data.removeLast(data.count - cut) }
      let rest = inode.data.count > data.count ? inode.data[data.count...] : []
      data += rest.prefix(random.below(rest.count + 1))
      disk.put(name, data)
    }
    return disk
  }

  func put(_ name: String, _ data: [UInt8]) {
    let inode = Inode()
    (inode.data, inode.durable) = (data, data)
    files[name] = inode
    durableFiles[name] = inode
  }

  func copy() -> MemoryDisk {
    let disk = MemoryDisk()
    for (name, inode) in files { disk.put(name, inode.data) }
    return disk
  }
}
