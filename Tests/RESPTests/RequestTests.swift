import RESP
import TestSupport
import Testing

@Suite struct RequestTests {
  private func only(_ text: String) -> [Parsed] { parse([UInt8](text)).parsed }

  @Test func arrays_shouldGiveTheirArguments() {
    #expect(only("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n") == [.request(words("GET k"))])
    #expect(only("*1\r\n$0\r\n\r\n") == [.request([[]])])
    #expect(only("*0\r\n*-1\r\n*1\r\n$4\r\nPING\r\n") == [.request(words("PING"))])
  }

  @Test func lines_shouldBeSplitAsRedisDoes() {
    #expect(only("SET a b\n") == [.request(words("SET a b"))])
    #expect(
      only("  SET  a\tb \r\n\r\nPING\n") == [.request(words("SET a b")), .request(words("PING"))])
    #expect(
      only(#"SET "a b" 'c"d' "\x41\n\q\"""# + "\n")
        == [.request([[UInt8]("SET"), [UInt8]("a b"), [UInt8]("c\"d"), [UInt8]("A\nq\"")])])
    #expect(only("GET ''\n") == [.request([[UInt8]("GET"), []])])
    #expect(only("GET 'a\\'b\\n'\n") == [.request([[UInt8]("GET"), [UInt8]("a'b\\n")])])
    for text in ["GET \"a\n", "GET 'a\n", "GET \"a\"b\n", "GET 'a'b\n"] {
      #expect(only(text) == [.refused(.unbalancedQuotes)])
    }
  }

  @Test func malformedRequests_shouldBeRefused_inRedisWords() {
    let cases = [
      ("*x\r\n", "invalid multibulk length"), ("*1 \r\n", "invalid multibulk length"),
      ("*99999999999999999999\r\n", "invalid multibulk length"),
      ("*1\r\n:4\r\n", "expected '$', got ':'"), ("*1\r\n\r\n", "expected '$', got ' '"),
      ("*1\r\n$x\r\n", "invalid bulk length"), ("*1\r\n$-1\r\n", "invalid bulk length"),
      ("*1\r\n$+1\r\n", "invalid bulk length"), ("*1\r\n$01\r\n", "invalid bulk length"),
      ("*1\r\n$1\r\nab\r\n", "no CRLF after an argument"),
    ]
    for (text, words) in cases {
      guard case .refused(let error)? = only(text).last else {
        Issue.record("\(text) is taken")
        continue
      }
      #expect("\(error)" == "Protocol error: " + words)
    }
  }

  @Test func requests_shouldBeTheSame_howeverTheyAreCut() {
    let text =
      "*3\r\n$3\r\nSET\r\n$2\r\nk\r\r\n$4\r\n\r\n\r\n\r\nGET \"a b\"\n\r\n*0\r\n"
      + "*1\r\n$4\r\nPING\r\nECHO 'x'\r\n*2\r\n$1\r\na\r\n$0\r\n\r\n*1\r\n$x\r\n"
    let bytes = [UInt8](text)
    let whole = parse(bytes)
    #expect(whole.parsed.count == 6)
    for first in 0...bytes.count {
      #expect(parse(bytes, cuts: [first]).parsed == whole.parsed, "cut at \(first)")
      for second in stride(from: first, through: bytes.count, by: 7) {
        #expect(parse(bytes, cuts: [first, second]).parsed == whole.parsed)
      }
    }
    #expect(parse(bytes, cuts: Array(0...bytes.count)).parsed == whole.parsed)
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func requests_shouldBeReadAsTheyWereWritten(seed: UInt64) {
    var draw = SeededGenerator(seed: seed)
    var bytes: [UInt8] = []
    var written: [Parsed] = []
    for _ in 0..<draw.below(20) {
      let arguments = (0...draw.below(6)).map { _ in draw.bytes(draw.below(40)) }
      RequestWriter.append(arguments, to: &bytes)
      written.append(.request(arguments))
    }
    let cuts = (0..<draw.below(10)).map { _ in draw.below(bytes.count + 1) }.sorted()
    let read = parse(bytes, cuts: cuts)
    #expect(read.parsed == written && read.used == bytes.count, "seed \(seed)")
  }

  // MARK: Limits

  @Test func arguments_shouldBeLimited() {
    #expect(RESPLimits.argumentsMax == 1_048_576)
    let many = "*\(RESPLimits.argumentsMax)\r\n"
    #expect(only(many).isEmpty)
    #expect(only("*\(RESPLimits.argumentsMax + 1)\r\n") == [.refused(.invalidArrayLength)])
    var bytes = [UInt8](many)
    for _ in 0..<RESPLimits.argumentsMax { bytes += [36, 48, 13, 10, 13, 10] }
    guard case .request(let arguments)? = parse(bytes).parsed.first else {
      Issue.record("the most arguments are refused")
      return
    }
    #expect(arguments.count == RESPLimits.argumentsMax)
  }

  @Test func argumentsBytes_shouldBeLimited_andNothingBeAllocatedForThem() {
    #expect(only("*1\r\n$\(RESPLimits.bulkBytesMax)\r\n").isEmpty)
    #expect(only("*1\r\n$\(RESPLimits.bulkBytesMax + 1)\r\n") == [.refused(.invalidBulkLength)])
  }

  @Test func bytesOfARequest_shouldBeLimited() {
    #expect(RequestBounds.full.requestBytes == RESPLimits.requestBytesMax)
    let bounds = RequestBounds(arguments: 9, bulkBytes: 100, requestBytes: 120)
    let half = "$50\r\n" + String(repeating: "a", count: 50) + "\r\n"
    let refused: [Parsed] = [.refused(.invalidBulkLength)]
    #expect(parse([UInt8]("*2\r\n" + half + half), bounds: bounds).parsed.count == 1)
    #expect(parse([UInt8]("*3\r\n" + half + half + "$1\r\n"), bounds: bounds).parsed == refused)
  }

  @Test func lines_shouldBeLimited() {
    let most = String(repeating: "a", count: RESPLimits.lineBytesMax)
    #expect(only(most).isEmpty)
    #expect(only(most + "\n").count == 1)
    #expect(only(most + "a\n") == [.refused(.longInline)])
    #expect(only(most + "aa") == [.refused(.longInline)])
    let digits = String(repeating: "1", count: RESPLimits.lineBytesMax + 1)
    #expect(only("*" + digits) == [.refused(.longArrayLine)])
    #expect(only("*1\r\n$" + digits) == [.refused(.longBulkLine)])
  }

  @Test func strangers_shouldBeLimited() {
    func refusal(_ text: String) -> Parsed? {
      parse([UInt8](text), bounds: .stranger).parsed.first
    }
    #expect(refusal("*\(RESPLimits.strangerArgumentsMax)\r\n") == nil)
    #expect(
      refusal("*\(RESPLimits.strangerArgumentsMax + 1)\r\n") == .refused(.strangerArrayLength))
    #expect(refusal("*1\r\n$\(RESPLimits.strangerBytesMax)\r\n") == nil)
    #expect(
      refusal("*1\r\n$\(RESPLimits.strangerBytesMax + 1)\r\n") == .refused(.strangerBulkLength))
  }
}
