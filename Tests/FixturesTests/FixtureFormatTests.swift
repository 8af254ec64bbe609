import Fixtures
import TestSupport
import Testing

/// The strict reader.
@Suite struct FixtureFormatTests {
  private func error(_ lines: [String]) -> FixtureError? {
    error(ofBytes: FixtureFiles.bytes(of: lines))
  }

  private func error(ofBytes bytes: [UInt8]) -> FixtureError? {
    do throws(FixtureError) {
      _ = try Fixture(bytes: bytes)
      return nil
    } catch { return error }
  }

  @Test func reader_shouldNameLineAndField_whenAValueIsWrong() throws {
    let lines = try FixtureFiles.lines("plain")
    let block = try #require(lines.firstIndex { $0.hasPrefix(#"{"record":"block""#) })
    let announce = try #require(lines.firstIndex { $0.contains(#""do":"announce""#) })
    let cases: [(index: Int, from: String, to: String, field: String?)] = [
      (0, #""kind":"plain""#, #""kind":"fancy""#, "kind"),
      (0, #""format":1"#, #""format":2"#, nil),
      (0, #""format":1"#, #""format":01"#, "format"),
      (0, #""seed":"#, #""seed":99999999999999999999"#, "seed"),
      (0, #""seed":"#, #""seed":-"#, "seed"),
      (0, #""name":"plain""#, #""name":"""#, "name"),
      (0, #""chunk_items":"#, #""chunk_items":0,"x":"#, "chunk_items"),
      (0, #","kind""#, #", "kind""#, nil),
      (1, #""genesis":""#, #""genesis":"gg"#, "genesis"),
      (1, #""hash":""#, #""hash":"00"#, "hash"),
      (block, #""number":"#, #""number":9"#, "number"),
      (block, #""block":""#, #""block":"0"#, "block"),
      (block, #""block":""#, #""block":"A0"#, "block"),
      (block, #""diff":""#, #""diff":"00"#, "diff"),
      (announce, #""block":""#, #""block":"00"#, "block"),
      (announce, #""ms":"#, #""ms":9999999"#, "ms"),
      (announce, #""do":"announce""#, #""do":"denounce""#, "do"),
      (announce + 1, #""head":""#, #""head":"zz"#, "head"),
      (announce + 1, #""chain":""#, #""chain":" "#, "chain"),
      (lines.count - 1, #""items":"#, #""items":1"#, "items"),
      (lines.count - 1, #""steps":"#, #""steps":1"#, "steps"),
    ]
    for (index, from, to, field) in cases {
      var changed = lines
      let range = try #require(changed[index].firstRange(of: from), "\(from)")
      changed[index].replaceSubrange(range, with: to)
      let found = try #require(error(changed), "\(to) was accepted")
      #expect(found.line == index + 1, "\(to): \(found)")
      #expect(found.fieldName == field, "\(to): \(found)")
    }
  }

  @Test func reader_shouldRefuse_whenRecordsAreMissingOrOutOfOrder() throws {
    let lines = try FixtureFiles.lines("plain")
    let step = try #require(lines.firstIndex { $0.hasPrefix(#"{"record":"step","step":3,"#) })
    var gap = lines
    gap.removeSubrange(step...(step + 1))
    #expect(error(gap)?.fieldName == "step")
    var unjudged = lines
    unjudged.remove(at: step + 1)
    #expect(error(unjudged)?.description.contains("expected the record `expect`") == true)
    #expect(error(Array(lines.dropFirst()))?.line == 1)
    #expect(error(Array(lines.dropLast()))?.description.contains("without an `end`") == true)
    #expect(error(lines + [lines[step]])?.line == lines.count)
    let block = try #require(lines.firstIndex { $0.hasPrefix(#"{"record":"block""#) })
    var twice = lines
    twice.insert(lines[block], at: block)
    #expect(error(twice)?.fieldName == "hash")
    let bytes = try FixtureFiles.bytes("plain")
    #expect(error(ofBytes: Array(bytes.dropLast()))?.line == lines.count)
    #expect(error(ofBytes: [])?.line == 1)
  }

  @Test func reader_shouldGiveTheSameBytesOrAnError_whateverTheBytes() throws {
    var found = 0
    for (index, name) in FixtureFiles.names.enumerated() {
      // A short file, so that many of its changes can be tried.
      var recorder = try FixtureRecorder(
        FixtureOptions(seed: 2, blocks: 30, accounts: 60, kind: FixtureKind.allCases[index]),
        name: name, generator: "x")
      let original = try recorder.run().bytes
      var random = SeededGenerator(seed: UInt64(40 + index))
      for round in 0..<50 {
        var bytes = original
        for _ in 0...random.below(3) {
          let place = random.below(bytes.count)
          switch random.below(10) {
          case 0: bytes[place] = UInt8(random.below(256))
          case 1: bytes.remove(at: place)
          case 2: bytes.insert(UInt8(random.below(128)), at: place)
          case 3:
            let end = min(bytes.count, place + 1 + random.below(400))
            bytes.removeSubrange(place..<end)
          default:
            // Another digit, which leaves the line readable.
            if (0x31...0x39).contains(bytes[place]) { bytes[place] -= 1 }
          }
          if bytes.isEmpty { break }
        }
        guard let fixture = try? Fixture(bytes: bytes) else { continue }
        #expect(fixture.bytes == bytes, "seed \(40 + index), round \(round)")
        // What can be read can be replayed, whatever comes of it.
        var replay = FixtureReplay(fixture)
        if replay.run() != .pass { found += 1 }
      }
    }
    #expect(found > 20, "hardly a change can be read and is found")
  }

  @Test func reader_shouldTakeNothing_whenBytesAreRandom() {
    var random = SeededGenerator(seed: 7)
    for _ in 0..<2_000 {
      let bytes = random.bytes(random.below(200)) + [UInt8(ascii: "\n")]
      #expect(error(ofBytes: bytes) != nil)
    }
  }

  @Test func words_shouldBeSoLongAtMost() throws {
    let longest = String(repeating: "x", count: FixtureLimits.wordsBytesMax)
    #expect(FixtureHeader.isPlain(longest) && !FixtureHeader.isPlain(longest + "x"))
    var lines = try FixtureFiles.lines("plain")
    let header = lines[0]
    lines[0] = header.replacing(#""name":"plain""#, with: #""name":"\#(longest)""#)
    #expect(error(lines) == nil)
    lines[0] = header.replacing(#""name":"plain""#, with: #""name":"\#(longest)x""#)
    #expect(error(lines)?.fieldName == "name")
  }

  @Test func stepsAndLines_shouldBeSoLongAtMost() throws {
    var lines = try FixtureFiles.lines("plain")
    let step = try #require(lines.lastIndex { $0.hasPrefix(#"{"record":"step""#) })
    let original = lines[step]
    for excess in [0, 1] as [UInt32] {
      let time = FixtureLimits.stepMillisecondsMax + excess
      lines[step] = original.replacing(/"ms":\d+/, with: "\"ms\":\(time)")
      #expect(lines[step] != original)
      #expect(error(lines)?.fieldName == (excess == 0 ? nil : "ms"))
      let line = "{" + String(repeating: " ", count: FixtureLimits.lineBytesMax - 1 + Int(excess))
      let found = try #require(error([line]))
      #expect(found.description.contains("\(FixtureLimits.lineBytesMax)") == (excess == 1))
    }
  }

  @Test func recording_shouldBeBounded_inBlocksAndAccounts() {
    func isTaken(_ blocks: Int, _ accounts: Int) -> Bool {
      let options = FixtureOptions(
        seed: 1, blocks: UInt32(blocks), accounts: accounts, kind: .plain)
      return (try? FixtureRecorder(options, name: "x", generator: "x")) != nil
    }
    let (blocks, accounts) = (FixtureLimits.blocksMax, FixtureLimits.accountsMax)
    #expect(isTaken(blocks, FixtureOptions.accountsMin))
    #expect(!isTaken(blocks + 1, FixtureOptions.accountsMin))
    #expect(isTaken(Int(FixtureOptions.blocksMin), accounts))
    #expect(!isTaken(Int(FixtureOptions.blocksMin), accounts + 1))
  }
}
