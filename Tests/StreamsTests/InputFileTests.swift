import Foundation
import Streams
import Testing

@Suite struct InputFileTests {
  @Test func aFile_shouldBeReadInPieces_ofABoundedSize() throws {
    try Scratch.use { folder in
      let path = folder + "/file"
      let content = Data((0..<200_000).map { UInt8(truncatingIfNeeded: $0) })
      try content.write(to: URL(fileURLWithPath: path))
      var file = try InputFile(path: path)
      #expect(file.isRepeatable)
      var found = Data()
      while true {
        let piece = try file.next()
        if piece.isEmpty { break }
        #expect(piece.count <= StreamsLimits.pieceBytes)
        found += piece
      }
      #expect(found == content)
      var whole = try InputFile(path: path)
      #expect(try whole.all(limit: content.count) == [UInt8](content))
      var large = try InputFile(path: path)
      let error = #expect(throws: StreamError.self) { try large.all(limit: content.count - 1) }
      #expect(error?.description == "'\(path)' is larger than 199999 bytes")
    }
  }

  @Test func aDeviceWithoutEnd_shouldBeReadToTheLimitOnly() throws {
    var zero = try InputFile(path: "/dev/zero")
    #expect(!zero.isRepeatable)
    #expect(throws: StreamError.self) { try zero.all(limit: 100) }
  }

  @Test func whatCannotBeRead_shouldBeRefused() throws {
    try Scratch.use { folder in
      for path in [folder, folder + "/none", "", folder + "/none/file"] {
        #expect(throws: StreamError.self, "\(path)") { try InputFile(path: path) }
      }
      let odd = folder + "/a\u{1b}[31m\n"
      let error = #expect(throws: StreamError.self) { try InputFile(path: odd) }
      #expect(error?.description.hasSuffix("a\\u{1b}[31m\\u{a}'") == true)
    }
  }

  @Test func aFIFO_shouldBeRead_howeverLateItsWriterWrites() throws {
    try Scratch.use { folder in
      let fifo = folder + "/fifo"
      #expect(mkfifo(fifo, 0o600) == 0)
      var file = try InputFile(path: fifo)
      let writer = open(fifo, O_WRONLY | O_NONBLOCK)
      #expect(writer >= 0)
      let isWritten = write(writer, "ab", 2) == 2
      close(writer)
      #expect(isWritten)
      #expect(try file.all(limit: 10) == Array("ab".utf8))
      // A writer that comes and goes without a word.
      var empty = try InputFile(path: fifo)
      close(open(fifo, O_WRONLY | O_NONBLOCK))
      #expect(try empty.all(limit: 10) == [])
    }
  }
}
