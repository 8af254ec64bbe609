import ABCI
import Primitives
import Snapshot
import TestSupport
import Testing

/// Bytes of requests and answers. Those called golden were written by `xian-tech-abci` 0.9.3 and
/// `cosmpy` 0.12.2, which have CometBFT's own definitions.
@Suite struct ABCIWireTests {
  private static func request(_ hex: String) throws -> ABCIRequest {
    var frames = FrameReader()
    frames.append(try #require(Hex.bytes(hex)))
    let message = try #require(try frames.next())
    #expect(!frames.isWithinMessage)
    return try ABCIRequest(protobuf: message)
  }

  @Test func goldenRequests_shouldBeRead() throws {
    #expect(try Self.request("060a040a026869") == .echo("hi"))
    #expect(try Self.request("021200") == .flush)
    #expect(try Self.request("026200") == .listSnapshots)
    #expect(
      try Self.request("09720708e80710011803")
        == .loadSnapshotChunk(height: 1000, format: 1, chunk: 3))
  }

  @Test func frame_shouldBeCutOut_whereverTheBytesAreSplit() throws {
    let bytes = try #require(Hex.bytes("060a040a02686902120009720708e80710011803026200"))
    for split in 0...bytes.count {
      var frames = FrameReader()
      var found: [ABCIRequest] = []
      for part in [bytes[..<split], bytes[split...]] {
        frames.append(part)
        while let message = try frames.next() { found.append(try ABCIRequest(protobuf: message)) }
      }
      #expect(
        found == [
          .echo("hi"), .flush, .loadSnapshotChunk(height: 1000, format: 1, chunk: 3),
          .listSnapshots,
        ], "split at \(split)")
    }
  }

  @Test func frame_shouldBeRefused_aboveItsLimit_beforeItsBytesCome() throws {
    var frames = FrameReader()
    var length: [UInt8] = []
    var rest = UInt64(ABCILimits.requestBytesMax) + 1
    while rest >= 0x80 {
      length.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    length.append(UInt8(rest))
    frames.append(length)
    #expect(throws: FrameReader.Failure.self) { try frames.next() }
    var endless = FrameReader()
    endless.append([UInt8](repeating: 0xff, count: 11))
    #expect(throws: FrameReader.Failure.length) { try endless.next() }
  }

  @Test func unknownFields_shouldBeSkipped_whateverTheirType() throws {
    // load(1000, 1, 3) with fields 200 (varint), 201 (64 bits), 202 (bytes), 203 (32 bits) in it.
    let more = "c00c05" + "c90c0102030405060708" + "d20c03010203" + "dd0c01020304"
    let body = try #require(Hex.bytes("08e80710011803" + more))
    let message = [0x72, UInt8(body.count)] + body
    #expect(
      try ABCIRequest(protobuf: message) == .loadSnapshotChunk(height: 1000, format: 1, chunk: 3))
  }

  @Test func malformedMessages_shouldBeRefused_withTheirPlace() {
    func error(_ hex: String) -> ProtobufError? {
      do throws(ProtobufError) {
        _ = try ABCIRequest(protobuf: Hex.bytes(hex) ?? [])
        return nil
      } catch { return error }
    }
    #expect(error("72") == .unexpectedEnd(at: 1))
    #expect(error("7205") == .unexpectedEnd(at: 1))
    #expect(error("0200") == .fieldNumber(0, at: 0))
    #expect(error("7300") == .wireType(3, field: 14, at: 0))
    #expect(error("7001") == .wireType(0, field: 14, at: 0))
    #expect(error("720608ffffffffff") == .unexpectedEnd(at: 1))
    #expect(error("7206" + "10" + "ffffffff1f") == .outOfRange(0x1_ffff_ffff, field: 2, at: 0))
    #expect(error("720b08ffffffffffffffffff02") == .varintTooLong(at: 1))
    #expect(error("0a030a01ff") == .notText(field: 1, at: 0))
    #expect(error("") == nil)
  }

  @Test func longTexts_shouldBeRefused() {
    let text = [UInt8](repeating: 0x61, count: ABCILimits.textBytesMax + 1)
    // 65,537 and 65,541 as varints.
    let message: [UInt8] = [0x0a, 0x85, 0x80, 0x04, 0x0a, 0x81, 0x80, 0x04] + text
    #expect(throws: ProtobufError.self) { try ABCIRequest(protobuf: message) }
    let metadata = [UInt8](repeating: 0, count: SnapshotLimits.metadataBytesMax + 1)
    var snapshot: [UInt8] = [0x2a]
    Self.append(UInt64(metadata.count), to: &snapshot)
    snapshot += metadata
    var offer: [UInt8] = [0x0a]
    Self.append(UInt64(snapshot.count), to: &offer)
    offer += snapshot
    var request: [UInt8] = [0x6a]
    Self.append(UInt64(offer.count), to: &request)
    #expect(throws: ProtobufError.self) { try ABCIRequest(protobuf: request + offer) }
  }

  private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  @Test func answers_shouldHaveTheBytesOfCometBFT() {
    func hex(_ answer: ABCIAnswer) -> String { Hex.string(answer.frame) }
    #expect(hex(.echo("hi")) == "0612040a026869")
    #expect(hex(.flush) == "021a00")
    #expect(hex(.exception("no")) == "060a040a026e6f")
    #expect(
      hex(.info(ApplicationInfo(height: 5, appHash: [1, 2]), version: "1"))
        == "15" + "2213" + "0a086c69766573796e63" + "120131" + "2005" + "2a020102")
    #expect(hex(.listSnapshots([])) == "026a00")
    let snapshot = OfferedSnapshot(height: 8, format: 2, chunks: 3, hash: [7], metadata: [9, 9])
    #expect(
      hex(.listSnapshots([snapshot]))
        == "116a0f0a0d" + "0808" + "1002" + "1803" + "220107" + "2a020909")
    #expect(hex(.offerSnapshot(.rejectSender)) == "0472020805")
    #expect(hex(.loadSnapshotChunk([1, 2, 3])) == "077a050a03010203")
    #expect(hex(.applySnapshotChunk(.accept)) == "058201020801")
    #expect(
      hex(.applySnapshotChunk(.retry(refetch: [1, 300], rejectedSenders: ["a"])))
        == "0d82010a" + "0803" + "120301ac02" + "1a0161")
    #expect(hex(.applySnapshotChunk(.rejectSnapshot)) == "058201020805")
    #expect(hex(.query(code: 1, log: "x")) == "073a0508011a0178")
  }

  @Test func requests_shouldBeAnswered_orGetAnException() {
    let application = SmallApplication()
    let handler = ABCIHandler(application, version: "1") { _ in }
    #expect(handler.answer(.echo("a")) == .echo("a"))
    #expect(handler.answer(.query(path: "/p2p/filter/id/x")) == .query(code: 0, log: ""))
    if case .query(1, _) = handler.answer(.query(path: "/store")) {
    } else {
      Issue.record("a query was answered")
    }
    for number: UInt32? in [5, 8, 11, 16, 17, 18, 19, 20, 99, nil] {
      guard case .exception = handler.answer(.other(number)) else {
        Issue.record("request \(String(describing: number)) was answered")
        continue
      }
    }
    guard case .exception = handler.answer([0xff]) else {
      Issue.record("no message was answered")
      return
    }
    guard
      case .exception = handler.answer(.loadSnapshotChunk(height: 1, format: 1, chunk: 0))
    else {
      Issue.record("a chunk that is not there was given")
      return
    }
  }
}
