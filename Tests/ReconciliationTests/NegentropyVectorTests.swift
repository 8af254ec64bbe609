import Foundation
import Primitives
import Reconciliation
import TestSupport
import Testing

/// Whole sessions of other implementations, byte by byte.
@Suite struct NegentropyVectorTests {
  @Test func sessions_shouldEqualTheReference_byteByByte() throws {
    let files = try NegentropyVectors.files()
    #expect(!files.isEmpty)
    for file in files {
      let vectors = try NegentropyVectors(file)
      #expect(!vectors.sessions.isEmpty, "\(file.path)")
      for session in vectors.sessions {
        let name = "\(file.lastPathComponent), \(session.name)"
        let (a, b) = session.items
        try check(session, NegentropyList(a), NegentropyTree(b), name)
        try check(session, NegentropyTree(a), NegentropyList(b), name)
      }
    }
  }

  private func check(
    _ session: NegentropyVectors.Session, _ a: some NegentropyStorage, _ b: some NegentropyStorage,
    _ name: String
  ) throws {
    let mine = try NegentropySession(a, b, frames: session.frames)
    #expect(mine.messages.count == session.messages.count, "\(name)")
    for (index, (mine, theirs)) in zip(mine.messages, session.messages).enumerated()
    where mine != theirs {
      Issue.record("\(name): message \(index) is \(Hex.string(mine)), not \(Hex.string(theirs))")
      return
    }
    #expect(mine.have == session.have, "\(name)")
    #expect(mine.need == session.need, "\(name)")
  }

  @Test func server_shouldNameItsVersion_whenItIsAskedInAnother() throws {
    let item = try #require(NegentropyItem(timestamp: 1, id: .zero))
    for file in try NegentropyVectors.files() {
      for (query, reply) in try NegentropyVectors(file).versions {
        #expect(try NegentropyServer(NegentropyList([item])).answer(query) == reply)
      }
    }
    for version in UInt8(0x60)...0x6f where version != 0x61 {
      let server = NegentropyServer(NegentropyList([item]))
      #expect(try server.answer([version, 9, 9, 9]) == [0x61])
    }
  }

  /// Numbers by hand, where the reference's JavaScript keeps 32 bits of them: 2^53 + 1 is
  /// 10 80 80 80 80 80 80 01 to base 128, 2^64 - 2 is 1 7f ... 7e.
  @Test func timestamps_shouldKeepAll64Bits() throws {
    let ids = (UInt64(0)..<32).map { Hash256(words: ($0 << 56, 0, 0, 0)) }
    let items = ids.enumerated().map { index, id in
      NegentropyItem(
        timestamp: index < 30 ? (1 << 53) + 1 : NegentropyItem.timestampMax, id: id)!
    }
    let message = Hex.string(NegentropyInitiator(NegentropyList(items)).begin())
    // The second part begins with the third id, of the same timestamp; 1 is added to the number.
    #expect(message.hasPrefix("61" + "9080808080808002" + "0102" + "01"), "\(message)")
    // The last part but one ends at the largest timestamp, the last at infinity.
    let difference = NegentropyItem.timestampMax - ((1 << 53) + 1) + 1
    var digits: [UInt8] = [UInt8(difference & 0x7f)]
    var rest = difference >> 7
    while rest > 0 {
      digits.insert(UInt8(rest & 0x7f) | 0x80, at: 0)
      rest >>= 7
    }
    #expect(message.contains(Hex.string(digits) + "0001"), "\(message)")
    #expect(message.dropLast(32).hasSuffix("000001"), "\(message)")
    #expect(NegentropyItem(timestamp: .max, id: .zero) == nil)
  }
}
