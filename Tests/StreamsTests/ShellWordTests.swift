import Foundation
import Streams
import Testing

@Suite struct ShellWordTests {
  @Test func words_shouldComeBackFromAShell_asTheyWere() throws {
    let words = [
      "plain", "./a-b_c.json", "a=1,b=2", "", " ", "a b", "it's", "'", "''", "\"$(x)\" `y` \\",
      "a\nb", "*", "~", "!", "#", "ä", "-x", "a;b|c&d>e", "\u{1b}[31m",
    ]
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "printf '%s\\0' " + ShellWord.command(words)]
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let found = String(decoding: output, as: UTF8.self)
    #expect(found == words.map { $0 + "\0" }.joined())
    #expect(ShellWord.quoted("a=1,b=2") == "a=1,b=2")
  }
}
