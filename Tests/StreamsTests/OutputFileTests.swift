import Foundation
import Streams
import Testing

@Suite struct OutputFileTests {
  private let files = FileManager.default

  @Test func aNewFile_shouldBeMade_andNothingElse() throws {
    try Scratch.use { folder in
      let path = folder + "/new"
      let file = try OutputFile(path: path)
      #expect(file.isNew && !file.isOutput)
      #expect(try files.contentsOfDirectory(atPath: folder).isEmpty)
      try file.write([1, 2])
      #expect(files.contents(atPath: path) == Data([1, 2]))
      #expect(try files.contentsOfDirectory(atPath: folder) == ["new"])
    }
  }

  @Test func aFile_shouldBeReplacedInOneStep_andKeepItsPermissions() throws {
    try Scratch.use { folder in
      let path = folder + "/file"
      try Data([9, 9, 9]).write(to: URL(fileURLWithPath: path))
      chmod(path, 0o640)
      // Whoever has the old file open sees the old bytes.
      let old = try #require(FileHandle(forReadingAtPath: path))
      try OutputFile(path: path).write([1])
      #expect(files.contents(atPath: path) == Data([1]))
      #expect(try old.readToEnd() == Data([9, 9, 9]))
      #expect(Scratch.status(path).st_mode & 0o7777 == 0o640)
      #expect(try files.contentsOfDirectory(atPath: folder) == ["file"])
    }
  }

  @Test func nothingElse_shouldBeLeft_whenAFileCannotBeReplaced() throws {
    try Scratch.use { folder in
      let path = folder + "/new"
      let file = try OutputFile(path: path)
      // Something that no file can take the place of comes between.
      try files.createDirectory(atPath: path + "/inside", withIntermediateDirectories: true)
      let error = #expect(throws: StreamError.self) { try file.write([1, 2]) }
      #expect(error?.description.contains("cannot be replaced") == true)
      #expect(try files.contentsOfDirectory(atPath: folder) == ["new"])
      #expect(try files.contentsOfDirectory(atPath: path) == ["inside"])
    }
  }

  @Test func symbolicLinks_shouldStay_andLeadToTheFile() throws {
    try Scratch.use { folder in
      try files.createDirectory(atPath: folder + "/far", withIntermediateDirectories: true)
      try Data([9]).write(to: URL(fileURLWithPath: folder + "/far/old"))
      for (link, target) in [
        ("absolute", folder + "/far/old"), ("relative", "far/old"), ("second", "relative"),
        ("dangling", "far/new"), ("third", "dangling"),
      ] {
        try files.createSymbolicLink(atPath: folder + "/" + link, withDestinationPath: target)
      }
      for (index, link) in ["absolute", "relative", "second"].enumerated() {
        try OutputFile(path: folder + "/" + link).write([UInt8(index)])
        #expect(files.contents(atPath: folder + "/far/old") == Data([UInt8(index)]))
      }
      let third = try OutputFile(path: folder + "/third")
      #expect(third.isNew)
      try third.write([7])
      #expect(files.contents(atPath: folder + "/far/new") == Data([7]))
      for link in ["absolute", "relative", "second", "dangling", "third"] {
        #expect(Scratch.kind(folder + "/" + link, following: false) == S_IFLNK, "\(link)")
      }
      try files.createSymbolicLink(atPath: folder + "/loop", withDestinationPath: "loop")
      #expect(throws: StreamError.self) { try OutputFile(path: folder + "/loop") }
    }
  }

  @Test func linksToANewFile_shouldBeFollowed_asFarAsTheSystemDoes() throws {
    try Scratch.use { folder in
      // Link 1 leads to the file, link 2 to link 1, and so on.
      let limit = StreamsLimits.linksMax
      for number in 1...limit + 1 {
        try files.createSymbolicLink(
          atPath: folder + "/\(number)", withDestinationPath: number == 1 ? "new" : "\(number - 1)")
      }
      #expect(throws: StreamError.self) { try OutputFile(path: folder + "/\(limit + 1)") }
      let file = try OutputFile(path: folder + "/\(limit)")
      #expect(file.isNew)
      try file.write([5])
      #expect(files.contents(atPath: folder + "/new") == Data([5]))
      try OutputFile(path: folder + "/\(limit)").write([6])
      #expect(files.contents(atPath: folder + "/new") == Data([6]))
      #expect(throws: StreamError.self) { try OutputFile(path: folder + "/\(limit + 1)") }
    }
  }

  @Test func namesOfOtherRuns_shouldBeLeftAlone_andOneTriedAfterAnother() throws {
    try Scratch.use { folder in
      let path = folder + "/file"
      func other(_ number: Int) -> String { folder + "/.livesync-\(getpid())-\(number).new" }
      let limit = StreamsLimits.temporaryNamesMax
      for number in 0..<limit - 1 {
        try Data([9]).write(to: URL(fileURLWithPath: other(number)))
      }
      try OutputFile(path: path).write([1])
      #expect(files.contents(atPath: path) == Data([1]))
      try Data([9]).write(to: URL(fileURLWithPath: other(limit - 1)))
      #expect(throws: StreamError.self) { try OutputFile(path: path).write([2]) }
      #expect(files.contents(atPath: path) == Data([1]))
      for number in 0..<limit { #expect(files.contents(atPath: other(number)) == Data([9])) }
    }
  }

  @Test func whatIsNoFile_shouldBeRefused_andStay() throws {
    try Scratch.use { folder in
      for path in [folder, folder + "/", "", folder + "/none/file", folder + "/new/"] {
        #expect(throws: StreamError.self, "\(path)") { try OutputFile(path: path) }
      }
      let fifo = folder + "/fifo"
      #expect(mkfifo(fifo, 0o600) == 0)
      // Nobody reads: refused at once instead of waited for.
      let file = try OutputFile(path: fifo)
      let error = #expect(throws: StreamError.self) { try file.write([1]) }
      #expect(error?.description == "'\(fifo)' is a FIFO that nobody reads")
      #expect(error?.isLoss == false)
      #expect(Scratch.kind(fifo) == S_IFIFO)
      #expect(try files.contentsOfDirectory(atPath: folder) == ["fifo"])
    }
  }

  @Test func devicesAndFIFOs_shouldBeWrittenThrough() throws {
    try Scratch.use { folder in
      try OutputFile(path: "/dev/null").write([1, 2, 3])
      #expect(Scratch.kind("/dev/null") == S_IFCHR)
      let error = #expect(throws: StreamError.self) {
        try OutputFile(path: "/dev/full").write([1])
      }
      #expect(error?.isLoss == true && Scratch.kind("/dev/full") == S_IFCHR)
      let link = folder + "/link"
      try files.createSymbolicLink(atPath: link, withDestinationPath: "/dev/null")
      try OutputFile(path: link).write([1])
      #expect(Scratch.kind(link, following: false) == S_IFLNK)
      let fifo = folder + "/fifo"
      #expect(mkfifo(fifo, 0o600) == 0)
      let reader = open(fifo, O_RDONLY | O_NONBLOCK)
      defer { close(reader) }
      try OutputFile(path: fifo).write([4, 5])
      var bytes = [UInt8](repeating: 0, count: 4)
      #expect(read(reader, &bytes, 4) == 2 && bytes.prefix(2) == [4, 5])
      #expect(Scratch.kind(fifo) == S_IFIFO)
    }
  }

  @Test func pieces_shouldMakeOneFile_orNone() throws {
    struct Refusal: Error {}
    try Scratch.use { folder in
      let path = folder + "/file"
      let file = try OutputFile(path: path)
      try file.write { piece in
        for byte in UInt8(1)...3 { try piece([byte]) }
      }
      #expect(files.contents(atPath: path) == Data([1, 2, 3]))
      // An error of whoever gives the pieces leaves what was there, and nothing beside it.
      #expect(throws: Refusal.self) {
        try OutputFile(path: path).write { piece in
          try piece([9])
          throw Refusal()
        }
      }
      #expect(files.contents(atPath: path) == Data([1, 2, 3]))
      #expect(try files.contentsOfDirectory(atPath: folder) == ["file"])
    }
  }
}

/// An empty folder and what is in it.
enum Scratch {
  static func use(_ body: (String) throws -> Void) throws {
    let url = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    try body(url.path)
  }

  static func status(_ path: String, following: Bool = true) -> stat {
    var status = stat()
    _ = following ? stat(path, &status) : lstat(path, &status)
    return status
  }

  static func kind(_ path: String, following: Bool = true) -> mode_t {
    status(path, following: following).st_mode & S_IFMT
  }
}
