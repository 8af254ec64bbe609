import Foundation
import Primitives
import Production
import TestSupport
import Testing

@Suite struct KeyFileTests {
  private static func seeds(_ count: Int) -> [Hash256] {
    (0..<count).map { Blake2b256.hash([1, UInt8($0 & 255), UInt8($0 >> 8)]) }
  }

  private static func mode(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return try #require(attributes[.posixPermissions] as? Int)
  }

  private static func refusal(_ path: String, _ kind: KeyFile.Kind = .validator) -> String? {
    do throws(KeyFileError) {
      _ = try KeyFile.read(kind, at: path)
      return nil
    } catch { return error.description }
  }

  private static func refusal(of text: String, _ kind: KeyFile.Kind = .validator) -> String? {
    do throws(KeyFileError) {
      _ = try KeyFile.keys(kind, in: Array(text.utf8), of: "k")
      return nil
    } catch { return error.description }
  }

  @Test func newFile_shouldBeTheOwnersAlone_andBeReadAgain() throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/v.key"
    let made = try KeyFile.generate(.validator, count: 3, at: path)
    #expect(try Self.mode(path) == 0o600)
    let read = try KeyFile.read(.validator, at: path)
    #expect(read.map(\.publicKey) == made.map(\.publicKey))
    #expect(Set(read.map(\.publicKey)).count == 3)
    let message: [UInt8] = [1, 2, 3]
    #expect(read[1].publicKey.verify(made[1].sign(message), of: message))
    #expect(Self.refusal(path, .node)?.contains("holds a validator key, not a node key") == true)
  }

  @Test func fileThatIsThere_shouldNeverBeWrittenOver() throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/v.key"
    _ = try KeyFile.generate(.validator, at: path)
    let before = try folder.contents()
    #expect { try KeyFile.generate(.validator, at: path) } throws: {
      ($0 as? KeyFileError)?.isPresent == true
    }
    // A symbolic link that leads nowhere would make a file elsewhere.
    let link = folder.path + "/link.key"
    try FileManager.default.createSymbolicLink(
      atPath: link, withDestinationPath: folder.path + "/elsewhere")
    #expect { try KeyFile.generate(.validator, at: link) } throws: {
      ($0 as? KeyFileError)?.isPresent == true
    }
    #expect { try KeyFile.generate(.validator, at: folder.path + "/no/v.key") } throws: {
      "\($0)".contains("cannot be written")
    }
    #expect(try folder.contents()["v.key"] == before["v.key"])
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/elsewhere"))
  }

  @Test(arguments: [0o640, 0o604, 0o660, 0o602, 0o610, 0o601])
  func fileThatOthersCanUse_shouldBeRefused(mode: Int) throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/v.key"
    _ = try KeyFile.generate(.validator, at: path)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    #expect(Self.refusal(path)?.contains("by others than its owner") == true)
    try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: path)
    #expect(Self.refusal(path) == nil)
  }

  @Test func nodeKey_shouldBeMadeOnce() throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/node.key"
    let first = try KeyFile.nodeKey(at: path)
    #expect(try KeyFile.nodeKey(at: path).publicKey == first.publicKey)
    #expect(try Self.mode(path) == 0o600)
    // A file that cannot be used is no reason to become somebody else.
    try Data("x".utf8).write(to: URL(fileURLWithPath: path))
    #expect { try KeyFile.nodeKey(at: path) } throws: { "\($0)".contains("line 1") }
    #expect(Self.refusal(folder.path)?.contains("is no regular file") == true)
  }

  @Test func content_shouldBeRefusedByLine_whenItIsNotExactlyThat() throws {
    let bytes = KeyFile.content(.validator, seeds: Self.seeds(2))
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(Self.refusal(of: text) == nil)
    let lines = text.split(separator: "\n").map(String.init)
    func file(_ lines: [String]) -> String { lines.joined(separator: "\n") + "\n" }
    let swapped = String(
      lines[1].split(separator: " ")[0] + " " + lines[2].split(separator: " ")[1])
    let cases: [(String, String)] = [
      ("", "line 1"), ("livesync", "line 1"), (file([lines[0]]), "line 2: no key"),
      (file([lines[0], lines[1], lines[1]]), "line 3: the key comes twice"),
      (file([lines[0], swapped]), "line 2: the public key is not"),
      (text + "\n", "line 4"), (String(text.dropLast()), "line 3"),
      (file([lines[0], lines[1].uppercased()]), "line 2"),
      (file([lines[0], lines[1].replacingOccurrences(of: " ", with: "\t")]), "line 2"),
    ]
    for (changed, part) in cases {
      #expect(Self.refusal(of: changed)?.contains(part) == true, "\(part)")
    }
    // Nothing secret is said.
    let secret = lines[1].split(separator: " ")[1]
    #expect(Self.refusal(of: file([lines[0], lines[1], lines[1]]))?.contains(secret) == false)
  }

  @Test func file_shouldHaveSoManyKeysAtMost() throws {
    let most = ProductionLimits.keysPerFileMax
    let bytes = KeyFile.content(.validator, seeds: Self.seeds(most + 1))
    let fits = KeyFile.content(.validator, seeds: Self.seeds(most))
    #expect(fits.count <= ProductionLimits.keyFileBytesMax)
    #expect(try KeyFile.keys(.validator, in: fits, of: "k").count == most)
    #expect(
      Self.refusal(of: String(decoding: bytes, as: UTF8.self))?.contains("more than \(most)")
        == true)
    let two = String(
      decoding: KeyFile.content(.node, seeds: Self.seeds(2)), as: UTF8.self)
    #expect(Self.refusal(of: two, .node)?.contains("more than 1 key") == true)
    let folder = TemporaryFolder()
    let path = folder.path + "/v.key"
    _ = try KeyFile.generate(.validator, at: path)
    let long = [UInt8](repeating: 32, count: ProductionLimits.keyFileBytesMax + 1)
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.write(contentsOf: Data(long))
    try handle.close()
    #expect(Self.refusal(path)?.contains("is larger than") == true)
  }
}
