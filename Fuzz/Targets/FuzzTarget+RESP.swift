import CRDT
import KeyValue
import Primitives
import RESP

extension FuzzTarget {
  static let keyValue = [respRequests, respReplies]

  /// What a client sends: read the same however it is cut, and executed without a trap; each
  /// request has one reply that a client can read, and tree and sketch hold no more than the table.
  static let respRequests = FuzzTarget(
    "resp-requests",
    seeds: {
      [
        RequestWriter.bytes("SET", "a", "1", "EX", "10") + RequestWriter.bytes("GET", "a"),
        RequestWriter.bytes("MSET", "a", "1", "b", "2") + RequestWriter.bytes("SCAN", "0"),
        RequestWriter.bytes("HELLO", "3", "SETNAME", "x") + RequestWriter.bytes("COMMAND", "DOCS"),
        Array("SET \"a b\" 'c\\'d'\r\nINCRBY n 5\nKEYS *[a-c]?\n\r\nCLIENT LIST\n".utf8),
        Array("*0\r\n*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nTTL\r\n$1\r\na\r\nEXPIRE a 5 NX\n".utf8),
      ]
    },
    check: { input in
      let whole = Requests(input, pieces: input.count + 1)
      for pieces in [1, 7] {
        try demand(
          Requests(input, pieces: pieces) == whole, "another reading in pieces of \(pieces)")
      }
      try execute(whole.requests)
    })

  /// What a server answers: read or refused, and no reply is longer than the bytes it came in.
  static let respReplies = FuzzTarget(
    "resp-replies",
    seeds: {
      [
        Array("+OK\r\n-ERR x\r\n:5\r\n$3\r\nabc\r\n$-1\r\n*2\r\n:1\r\n*-1\r\n".utf8),
        Array(
          "%1\r\n+a\r\n~2\r\n#t\r\n,1.5\r\n=7\r\ntxt:abc\r\n>1\r\n_\r\n(123\r\n!3\r\nERR\r\n".utf8),
      ]
    },
    check: { input in
      var rest = input[...]
      while let (_, count) = try? ReplyParser.reply(in: Array(rest)) {
        try demand(count > 0 && count <= rest.count, "a reply of \(count) bytes of \(rest.count)")
        for cut in [0, count / 2, count - 1] {
          let part = try ReplyParser.reply(in: Array(rest.prefix(cut)))
          try demand(part == nil, "a reply that is whole after \(cut) of \(count) bytes")
        }
        rest = rest.dropFirst(count)
      }
    })

  /// What is read of bytes that come in pieces.
  private struct Requests: Equatable {
    var requests: [[[UInt8]]] = []
    var refusal: RESPError?

    init(_ bytes: [UInt8], pieces: Int) {
      var parser = RequestParser()
      var (used, end) = (0, 0)
      while end < bytes.count, refusal == nil {
        end = min(bytes.count, end + pieces)
        while used < end, refusal == nil {
          let window = Array(bytes[used..<end])
          let outcome = window.withUnsafeBytes { window in
            let outcome = parser.next(in: window, bounds: .full)
            if case .request = outcome {
              requests.append(
                parser.withArguments(in: window) { all in (0..<all.count).map { all.bytes($0) } })
            }
            return outcome
          }
          switch outcome {
          case .request(let count), .nothing(let count): used += count
          case .incomplete: break
          case .refused(let error): refusal = error
          }
          if case .incomplete = outcome { break }
        }
      }
    }
  }

  private static func execute(_ requests: [[[UInt8]]]) throws {
    let settings = KeyValueSettings(
      replica: ReplicaID(1), tableKey: SipKey(low: 1, high: 2), seed: 3, keepsTombstones: true)
    var core = KeyValueCore(settings, at: 1_000)
    var session = ClientSession(
      id: 1, address: "a", localAddress: "b", at: 1_000, isAuthenticated: true)
    var replies = ReplyBuffer()
    core.beginBatch(at: 2_000)
    for request in requests.prefix(64) {
      replies.clear(keeping: 1 << 16)
      var bytes: [UInt8] = []
      RequestWriter.append(request, to: &bytes)
      var parser = RequestParser()
      let after: AfterRequest? = bytes.withUnsafeBytes { window in
        guard case .request = parser.next(in: window) else { return nil }
        return parser.withArguments(in: window) {
          core.execute($0, for: &session, into: &replies)
        }
      }
      try demand(after != nil, "a request that was written is not read: \(request)")
      guard after == .next else { continue }
      let reply = try ReplyParser.reply(in: replies.bytes)
      try demand(reply?.bytes == replies.count, "no one reply to \(request)")
    }
    core.finishBatch()
    core.endBatch()
    let symbols = core.symbols
    try demand(symbols.itemCount == core.recordCount, "records without symbols")
  }
}
