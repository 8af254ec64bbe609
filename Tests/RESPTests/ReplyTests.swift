import RESP
import TestSupport
import Testing

@Suite struct ReplyTests {
  /// What is written for one version, as bytes.
  private func written(
    _ version: RESPVersion, _ write: (inout ReplyBuffer) -> Void
  ) -> String {
    var buffer = ReplyBuffer()
    buffer.version = version
    write(&buffer)
    return String(decoding: buffer.bytes, as: UTF8.self)
  }

  private func all(_ buffer: inout ReplyBuffer) {
    buffer.simple("OK")
    buffer.error("ERR a\r\nb")
    buffer.integer(-7)
    buffer.bulk([0x61, 0x62])
    buffer.null()
    buffer.array(1)
    buffer.boolean(true)
    buffer.map(1)
    buffer.bulk("k")
    buffer.double(0.5)
    buffer.set(1)
    buffer.verbatim("hi")
    buffer.push(1)
    buffer.integer(12)
  }

  @Test func replies_shouldHaveTheFormOfTheirVersion() {
    #expect(
      written(.two, all)
        == "+OK\r\n-ERR a  b\r\n:-7\r\n$2\r\nab\r\n$-1\r\n*1\r\n:1\r\n*2\r\n$1\r\nk\r\n"
        + "$3\r\n0.5\r\n*1\r\n$2\r\nhi\r\n*1\r\n:12\r\n")
    #expect(
      written(.three, all)
        == "+OK\r\n-ERR a  b\r\n:-7\r\n$2\r\nab\r\n_\r\n*1\r\n#t\r\n%1\r\n$1\r\nk\r\n,0.5\r\n"
        + "~1\r\n=6\r\ntxt:hi\r\n>1\r\n:12\r\n")
    let doubles = written(.three) {
      for number in [1.0, -.infinity, .infinity, .nan, 1e300] { $0.double(number) }
    }
    #expect(doubles == ",1\r\n,-inf\r\n,inf\r\n,nan\r\n,1e+300\r\n")
  }

  @Test func replies_shouldBeReadAsTheyWereWritten_andNotBeforeTheyAreWhole() throws {
    let text = written(.three, all)
    let bytes = [UInt8](text)
    var replies: [RESPReply] = []
    var start = 0
    while start < bytes.count {
      let rest = Array(bytes[start...])
      let (reply, count) = try #require(try ReplyParser.reply(in: rest))
      for cut in 0..<count {
        #expect(try ReplyParser.reply(in: Array(rest[..<cut])) == nil, "cut at \(start + cut)")
      }
      replies.append(reply)
      start += count
    }
    #expect(
      replies == [
        .simple("OK"), .error("ERR a  b"), .integer(-7), .bulk([0x61, 0x62]), .null,
        .array([.boolean(true)]), .map([RESPPair(.bulk([0x6b]), .double(0.5))]),
        .set([.verbatim(format: "txt", [0x68, 0x69])]), .push([.integer(12)]),
      ])
  }

  @Test func malformedReplies_shouldBeRefused() {
    for text in [
      "?\r\n", "$x\r\n", "$-2\r\n", ":1a\r\n", "#x\r\n", ",x\r\n", "$1\r\nab\r\n", "=1\r\na\r\n",
      "*-2\r\n", "=4\r\nabcd\r\n",
    ] {
      #expect(throws: RESPError.self, "\(text)") { try ReplyParser.reply(in: [UInt8](text)) }
    }
  }

  @Test func repliesWithinOneAnother_shouldBeLimited() throws {
    func nested(_ depth: Int) -> [UInt8] {
      [UInt8](String(repeating: "*1\r\n", count: depth - 1) + ":1\r\n")
    }
    #expect(try ReplyParser.reply(in: nested(RESPLimits.replyDepthMax)) != nil)
    #expect(throws: RESPError.self) {
      try ReplyParser.reply(in: nested(RESPLimits.replyDepthMax + 1))
    }
  }

  @Test func elementsOfAReply_shouldBeLimited_andNothingBeAllocatedForThem() throws {
    #expect(try ReplyParser.reply(in: [UInt8]("*\(RESPLimits.replyElementsMax)\r\n")) == nil)
    #expect(throws: RESPError.self) {
      try ReplyParser.reply(in: [UInt8]("*\(RESPLimits.replyElementsMax + 1)\r\n"))
    }
  }

  @Test func numbers_shouldBeReadAsRedisReadsThem() {
    func number(_ text: String) -> Int64? {
      [UInt8](text).withUnsafeBytes { DecimalText.integer($0) }
    }
    for value in [0, 1, -1, 9, 10, -10, Int64.max, Int64.min, 1_234_567] {
      #expect(number(String(value)) == value)
      let text = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: DecimalText.digitsMax) {
        String(
          decoding: $0[..<DecimalText.write(value, to: $0.baseAddress!)], as: UTF8.self)
      }
      #expect(text == String(value))
    }
    for text in [
      "", "-", "+1", "01", "-0", "00", " 1", "1 ", "1.0", "9223372036854775808",
      "-9223372036854775809", "18446744073709551616", "123456789012345678901",
    ] {
      #expect(number(text) == nil, "\(text)")
    }
  }
}
