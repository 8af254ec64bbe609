import Foundation
import Locking
import Streams
import TestSupport
import Testing

@Suite struct RotatingLogTests {
  private static func log(_ folder: String, _ files: Int = 3) throws -> RotatingLog {
    try RotatingLog(folder: folder, name: "log.txt", filesMax: files) { _ in }
  }

  private static func texts(_ folder: String) throws -> [String: String] {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    return try names.reduce(into: [:]) { texts, name in
      let data = try #require(FileManager.default.contents(atPath: folder + "/" + name))
      texts[name] = String(decoding: data, as: UTF8.self)
    }
  }

  @Test func files_shouldShift_andTheOldestGo() throws {
    try Scratch.use { folder in
      let log = try Self.log(folder)
      for number in 1...5 {
        if number > 1 { try log.rotate() }
        #expect(log.write(Array("\(number)\nx\n".utf8)) == 2)
      }
      #expect(log.close() == nil)
      let texts = ["log.txt": "5\nx\n", "log.1.txt": "4\nx\n", "log.2.txt": "3\nx\n"]
      #expect(try Self.texts(folder) == texts)
      // What an earlier run left is kept as an older one.
      let next = try Self.log(folder)
      next.write(Array("6\n".utf8))
      _ = next.close()
      #expect(
        try Self.texts(folder) == ["log.txt": "6\n", "log.1.txt": "5\nx\n", "log.2.txt": "4\nx\n"])
    }
  }

  @Test func oneFile_shouldBeBegunAnew_andFilesOfOthersStay() throws {
    try Scratch.use { folder in
      try Data("mine".utf8).write(to: URL(fileURLWithPath: folder + "/log.7.txt"))
      let log = try Self.log(folder, 1)
      log.write(Array("a\n".utf8))
      try log.rotate()
      log.write(Array("b\n".utf8))
      _ = log.close()
      #expect(try Self.texts(folder) == ["log.txt": "b\n", "log.7.txt": "mine"])
    }
  }

  @Test func emptyFile_shouldDriveOutNone() throws {
    try Scratch.use { folder in
      let log = try Self.log(folder)
      log.write(Array("a\n".utf8))
      for _ in 0..<5 { try log.rotate() }
      #expect(try Self.texts(folder) == ["log.txt": "", "log.1.txt": "a\n"])
      _ = log.close()
    }
  }

  @Test func fileThatWasMovedAway_shouldBeLeftThere() throws {
    try Scratch.use { folder in
      let log = try Self.log(folder)
      log.write(Array("a\n".utf8))
      try FileManager.default.moveItem(atPath: log.path, toPath: folder + "/kept")
      log.write(Array("b\n".utf8))
      try log.rotate()
      log.write(Array("c\n".utf8))
      _ = log.close()
      #expect(try Self.texts(folder) == ["kept": "a\nb\n", "log.txt": "c\n"])
    }
  }

  @Test func deviceAndLink_shouldStayWhatTheyAre() throws {
    try Scratch.use { folder in
      let path = folder + "/log.txt"
      try FileManager.default.createSymbolicLink(
        atPath: path, withDestinationPath: "/dev/null")
      let log = try Self.log(folder)
      #expect(log.write(Array("a\n".utf8)) == 1)
      try log.rotate()
      #expect(log.write(Array("b\n".utf8)) == 1)
      _ = log.close()
      #expect(Scratch.kind(path, following: false) == S_IFLNK)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["log.txt"])
    }
  }

  @Test func fifo_shouldBeWrittenThrough_andNotMoved() throws {
    try Scratch.use { folder in
      let path = folder + "/log.txt"
      #expect(mkfifo(path, 0o600) == 0)
      let reader = open(path, O_RDONLY | O_NONBLOCK)
      defer { close(reader) }
      let log = try Self.log(folder)
      log.write(Array("a\n".utf8))
      try log.rotate()
      log.write(Array("b\n".utf8))
      _ = log.close()
      var bytes = [UInt8](repeating: 0, count: 16)
      let count = read(reader, &bytes, bytes.count)
      #expect(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self) == "a\nb\n")
      #expect(Scratch.kind(path) == S_IFIFO)
    }
  }

  @Test(.enabled(if: SmallDisk.isAvailable, Comment(rawValue: SmallDisk.reasonIfNone)))
  func fullDisk_shouldCutTheFile_andTheNextBeTried() throws {
    let disk = try SmallDisk(kilobytes: 16)
    let cuts = Lock<[LogFile.Cut]>([])
    let log = try RotatingLog(folder: disk.path, name: "log.txt", filesMax: 2) { cut in
      cuts.withLock { $0.append(cut) }
    }
    let line = Array((String(repeating: "x", count: 999) + "\n").utf8)
    var written = 0
    for _ in 0..<40 { written += log.write(line) }
    #expect(!log.isWritable && (8...16).contains(written))
    #expect(cuts.withLock { $0.map(\.lines) } == [written])
    try disk.resize(kilobytes: 64)
    #expect(log.write(line) == 0)
    try log.rotate()
    #expect(log.isWritable && log.write(line) == 1 && log.close() == nil)
  }

  @Test func rotation_shouldThrow_andLaterGoOn() throws {
    try Scratch.use { folder in
      let place = folder + "/a"
      let log = try Self.log(place)
      log.write(Array("a\n".utf8))
      try FileManager.default.moveItem(atPath: place, toPath: folder + "/b")
      try Data().write(to: URL(fileURLWithPath: place))
      #expect(throws: StreamError.self) { try log.rotate() }
      #expect(!log.isWritable && log.write(Array("b\n".utf8)) == 0)
      try FileManager.default.removeItem(atPath: place)
      try log.rotate()
      #expect(log.write(Array("c\n".utf8)) == 1 && log.close() == nil)
      #expect(try Self.texts(place) == ["log.txt": "c\n"])
    }
  }
}
