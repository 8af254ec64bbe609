import Foundation
import Locking
import Streams
import Testing

@Suite struct LogFileTests {
  @Test func aLog_shouldHoldWhatWasWritten_inAFolderThatIsMade() throws {
    try Scratch.use { folder in
      let log = try LogFile(folder: folder + "/a/b//c/", name: "log") { _ in }
      log.write(Array("one\n".utf8))
      log.write(Array("two\n".utf8))
      #expect(log.close() == nil)
      #expect(FileManager.default.contents(atPath: log.path) == Data("one\ntwo\n".utf8))
    }
  }

  @Test func aSecondWriter_shouldBeRefused_andTheLogStay() throws {
    try Scratch.use { folder in
      let first = try LogFile(folder: folder, name: "log") { _ in }
      first.write(Array("one\n".utf8))
      let error = #expect(throws: StreamError.self) {
        try LogFile(folder: folder, name: "log") { _ in }
      }
      #expect(error?.description.contains("is being written by another run") == true)
      first.write(Array("two\n".utf8))
      #expect(first.close() == nil)
      #expect(FileManager.default.contents(atPath: first.path) == Data("one\ntwo\n".utf8))
      // Once it is closed, another run writes it anew.
      let second = try LogFile(folder: folder, name: "log") { _ in }
      #expect(FileManager.default.contents(atPath: first.path) == Data())
      #expect(second.close() == nil)
    }
  }

  @Test func aCut_shouldBeToldOnce_withItsPlace() throws {
    try Scratch.use { folder in
      let path = folder + "/log"
      try FileManager.default.createSymbolicLink(
        atPath: path, withDestinationPath: "/dev/full")
      let cuts = Cuts()
      let log = try LogFile(folder: folder, name: "log") { cuts.add($0) }
      for _ in 0..<3 { log.write(Array("one\n".utf8)) }
      let cut = try #require(log.close())
      #expect(cut.bytes == 0 && cut.lines == 0 && cut.reason == "No space left on device")
      #expect(cuts.all == [cut])
      #expect(Scratch.kind(path, following: false) == S_IFLNK)
      #expect(Scratch.kind("/dev/full") == S_IFCHR)
    }
  }

  @Test func whatIsNoPlaceForALog_shouldBeRefused() throws {
    try Scratch.use { folder in
      try FileManager.default.createDirectory(
        atPath: folder + "/log", withIntermediateDirectories: true)
      #expect(throws: StreamError.self) { try LogFile(folder: folder, name: "log") { _ in } }
      #expect(mkfifo(folder + "/fifo", 0o600) == 0)
      let error = #expect(throws: StreamError.self) {
        try LogFile(folder: folder, name: "fifo") { _ in }
      }
      #expect(error?.description.hasSuffix("is a FIFO that nobody reads") == true)
      #expect(Scratch.kind(folder + "/fifo") == S_IFIFO)
      for place in ["/fifo", "/fifo/a"] {
        #expect(throws: StreamError.self) {
          try LogFile(folder: folder + place, name: "a") { _ in }
        }
      }
      let nowhere = #expect(throws: StreamError.self) {
        try LogFile(folder: "/proc/1/none", name: "a") { _ in }
      }
      #expect(nowhere?.description.hasPrefix("'/proc/1/none' cannot be made: ") == true)
    }
  }

  private final class Cuts: Sendable {
    private let kept = Lock<[LogFile.Cut]>([])
    var all: [LogFile.Cut] { kept.withLock { $0 } }
    func add(_ cut: LogFile.Cut) { kept.withLock { $0.append(cut) } }
  }
}
