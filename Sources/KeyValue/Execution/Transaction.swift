import RESP

/// The requests between MULTI and EXEC of one client.
struct Transaction: Sendable {
  private struct Queued: Sendable {
    let id: CommandID
    let bytes: [UInt8]
    let ranges: [ArgumentRange]
  }

  private var requests: [Queued] = []
  /// A request was refused: EXEC refuses all.
  var isAborted = false
  /// Whether a request writes.
  private(set) var writes = false
  /// Bytes of memory that the requests take.
  private(set) var memory = 0

  var count: Int { requests.count }

  /// Bytes of memory that a request will take.
  static func memory(of request: RequestArguments) -> Int {
    var bytes = MemoryLayout<Queued>.stride + 2 * arrayBytes + 1
    for index in 0..<request.count {
      bytes += request[index].count + MemoryLayout<ArgumentRange>.stride
    }
    return bytes
  }

  /// What an array has before its elements.
  private static let arrayBytes = 32

  mutating func append(_ id: CommandID, _ request: RequestArguments, writes: Bool) {
    var (bytes, ranges): ([UInt8], [ArgumentRange]) = ([], [])
    ranges.reserveCapacity(request.count)
    bytes.reserveCapacity((0..<request.count).reduce(1) { $0 + request[$1].count })
    for index in 0..<request.count {
      let (offset, argument) = (bytes.count, request[index])
      ranges.append(ArgumentRange(offset: UInt32(offset), count: UInt32(argument.count)))
      bytes.append(contentsOf: argument)
    }
    // So that there is always an address.
    bytes.append(0)
    requests.append(Queued(id: id, bytes: bytes, ranges: ranges))
    if writes { self.writes = true }
    memory += Self.memory(of: request)
  }

  /// Gives `body` a request.
  func withRequest<Result>(
    _ index: Int, _ body: (CommandID, RequestArguments) -> Result
  ) -> Result {
    let queued = requests[index]
    return queued.bytes.withUnsafeBytes { bytes in
      queued.ranges.withUnsafeBufferPointer { ranges in
        body(queued.id, RequestArguments(base: bytes.baseAddress!, ranges: ranges))
      }
    }
  }
}

/// A transaction that is executed. It pauses where the server has to answer.
struct TransactionRun: Sendable {
  let transaction: Transaction
  /// Where its replies begin.
  let start: Int
  /// The request that is next.
  var next = 0
  /// Bytes of the replies, if they were too many.
  var refusedBytes: Int?
}
