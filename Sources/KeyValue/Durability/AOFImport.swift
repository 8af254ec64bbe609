import RESP
import Streams

/// Loads an AOF of Redis into a store.
public struct AOFImport: Sendable {
  /// Requests that were executed, MULTI and EXEC not counted.
  public internal(set) var requests: UInt64 = 0
  /// Keys of the store afterwards.
  public internal(set) var keys = 0
  /// The end of the last file that is no whole request, or a transaction without its EXEC; Redis
  /// leaves it out too.
  public internal(set) var tail: RecoveryReport.TornTail?

  /// Executes all requests of an AOF on what the directory holds, then stores the result as a
  /// checkpoint. Nothing is stored if one of them fails.
  /// - Parameters:
  ///   - path: a file, or the directory of Redis 7 with its manifest.
  ///   - disk: a data directory, which may be empty.
  ///   - identity: who the store is if it is made anew.
  /// - Throws: `LogError` with the byte of the request that cannot be executed.
  public init(
    _ path: String, into disk: any LogDisk, as identity: StoreIdentity, at milliseconds: UInt64
  ) throws(LogError) {
    let files = try AOFFiles.list(path)
    let store = try OfflineStore(disk, as: identity, at: milliseconds, isReadOnly: false)
    for (index, file) in files.enumerated() {
      var reader = AOFReader(file, at: milliseconds)
      tail = try reader.run(&store.core)
      requests += reader.requests
      if let tail, index < files.count - 1 {
        throw LogError(.damaged, tail.file, at: tail.byte, tail.what + "; other files follow")
      }
    }
    keys = store.core.liveCount
    try store.writeAll(at: milliseconds)
  }
}

/// Executes the requests of one file.
package struct AOFReader: ~Copyable {
  private static let preamble = Array("REDIS".utf8)

  private let file: String
  private let milliseconds: UInt64
  private var session: ClientSession
  private var replies = ReplyBuffer()
  /// Requests of the batch at hand.
  private var batched = 0
  /// Requests since MULTI, and where it is; nil outside.
  private var transaction: (begin: Int, requests: [[UInt8]], bytes: Int)?
  package private(set) var requests: UInt64 = 0

  package init(_ file: String, at milliseconds: UInt64) {
    self.file = file
    self.milliseconds = milliseconds
    session = ClientSession(
      id: 0, address: file, localAddress: file, at: milliseconds, isAuthenticated: true)
  }

  /// Executes all requests; gives what is not whole at the end.
  mutating func run(
    _ core: inout KeyValueCore
  ) throws(LogError) -> RecoveryReport.TornTail? {
    let input: RegularFile
    do throws(StreamError) { input = try RegularFile(path: file) } catch {
      throw LogError(.disk, file, "\(error)")
    }
    let file = file
    return try run(&core, size: input.bytes) { offset, count throws(LogError) in
      do throws(StreamError) { return try input.read(at: offset, count) } catch {
        throw LogError(.disk, file, "\(error)")
      }
    }
  }

  /// The same for bytes.
  package mutating func run(
    _ core: inout KeyValueCore, _ bytes: [UInt8]
  ) throws(LogError) -> RecoveryReport.TornTail? {
    try run(&core, size: bytes.count) { offset, count in
      Array(bytes[offset..<min(bytes.count, offset + count)])
    }
  }

  private mutating func run(
    _ core: inout KeyValueCore, size: Int,
    read: (Int, Int) throws(LogError) -> [UInt8]
  ) throws(LogError) -> RecoveryReport.TornTail? {
    var (buffer, start, parser) = ([UInt8](), 0, RequestParser())
    core.beginBatch(at: milliseconds)
    var wanted = KeyValueLimits.readAheadBytes
    var end = 0
    while true {
      let piece = try read(end, wanted)
      end += piece.count
      buffer += piece
      if start == 0, buffer.starts(with: Self.preamble) { throw preambleError }
      let (used, missing) = try execute(buffer, from: start, &parser, &core)
      buffer.removeFirst(used)
      start += used
      guard piece.isEmpty || end >= size else {
        wanted = max(KeyValueLimits.readAheadBytes, missing)
        continue
      }
      finish(&core)
      if let transaction {
        return .init(
          file: file, byte: transaction.begin, what: "a transaction without EXEC",
          bytes: size - transaction.begin)
      }
      guard !buffer.isEmpty else { return nil }
      return .init(file: file, byte: start, what: "a request is cut off", bytes: buffer.count)
    }
  }

  private var preambleError: LogError {
    LogError(
      .refused, file, at: 0,
      "it begins with an RDB preamble, which cannot be read; have Redis write one without:"
        + " redis-cli CONFIG SET aof-use-rdb-preamble no, then redis-cli BGREWRITEAOF")
  }

  /// Executes the whole requests in `buffer`, which begins at byte `start` of the file; gives how
  /// many bytes they have, and how many are missing of the next one.
  private mutating func execute(
    _ buffer: [UInt8], from start: Int, _ parser: inout RequestParser, _ core: inout KeyValueCore
  ) throws(LogError) -> (used: Int, missing: Int) {
    var used = 0
    while used < buffer.count {
      if buffer[used] == UInt8(ascii: "#") {
        // A note, such as #TS: and the time.
        guard let line = buffer[used...].firstIndex(of: 10) else {
          guard buffer.count - used <= RESPLimits.lineBytesMax else {
            throw LogError(.refused, file, at: start + used, "a note does not end")
          }
          return (used, 1)
        }
        used = line + 1
        continue
      }
      guard buffer[used] == UInt8(ascii: "*") else {
        throw LogError(.refused, file, at: start + used, "here is no request")
      }
      let begin = used
      let result = buffer.withUnsafeBytes { bytes in
        next(
          UnsafeRawBufferPointer(rebasing: bytes[begin...]), at: start + begin, &parser, &core)
      }
      switch try result.get() {
      case .used(let count): used += count
      case .missing(let count): return (used, count)
      }
    }
    return (used, 1)
  }

  private enum Step {
    case used(Int)
    case missing(Int)
  }

  private mutating func next(
    _ bytes: UnsafeRawBufferPointer, at place: Int, _ parser: inout RequestParser,
    _ core: inout KeyValueCore
  ) -> Result<Step, LogError> {
    parser.reset()
    switch parser.next(in: bytes) {
    case .incomplete(let total): return .success(.missing(max(1, total - bytes.count)))
    case .nothing(let count): return .success(.used(count))
    case .refused(let error): return .failure(LogError(.refused, file, at: place, "\(error)"))
    case .request(let count):
      let whole = UnsafeRawBufferPointer(rebasing: bytes[..<count])
      let error = parser.withArguments(in: whole) { take($0, whole, at: place, &core) }
      return error.map { .failure($0) } ?? .success(.used(count))
    }
  }

  /// Executes a request, or keeps it until EXEC.
  private mutating func take(
    _ request: RequestArguments, _ bytes: UnsafeRawBufferPointer, at place: Int,
    _ core: inout KeyValueCore
  ) -> LogError? {
    if Bytes.isWord(request[0], "multi") {
      guard transaction == nil else {
        return LogError(.refused, file, at: place, "MULTI within a transaction")
      }
      transaction = (place, [], 0)
      return nil
    }
    guard Bytes.isWord(request[0], "exec") else {
      guard transaction != nil else { return execute(request, at: place, &core) }
      transaction?.requests.append(Array(bytes))
      transaction?.bytes += bytes.count
      guard let held = transaction, held.requests.count <= KeyValueLimits.transactionRequestsMax,
        held.bytes <= KeyValueLimits.transactionBytesMax
      else { return LogError(.refused, file, at: place, "the transaction is too large") }
      return nil
    }
    guard let held = transaction else {
      return LogError(.refused, file, at: place, "EXEC without MULTI")
    }
    transaction = nil
    for bytes in held.requests {
      var parser = RequestParser()
      let error = bytes.withUnsafeBytes { bytes -> LogError? in
        guard case .request = parser.next(in: bytes) else { return nil }
        return parser.withArguments(in: bytes) { execute($0, at: held.begin, &core) }
      }
      if let error { return error }
    }
    return nil
  }

  private mutating func execute(
    _ request: RequestArguments, at place: Int, _ core: inout KeyValueCore
  ) -> LogError? {
    replies.clear(keeping: KeyValueLimits.keptReplyBytes)
    let after = core.execute(request, for: &session, into: &replies)
    let reply = replies.bytes
    if reply.first == UInt8(ascii: "-") {
      let text = String(decoding: reply.dropFirst().prefix { $0 != 13 }, as: UTF8.self)
      return LogError(.refused, file, at: place, text)
    }
    guard after == .next else {
      return LogError(.refused, file, at: place, "\(request.text(0)) is no write")
    }
    requests += 1
    batched += 1
    if batched >= KeyValueLimits.importedPerBatch {
      finish(&core)
      core.beginBatch(at: milliseconds)
    }
    return nil
  }

  private mutating func finish(_ core: inout KeyValueCore) {
    core.finishBatch()
    core.endBatch()
    batched = 0
  }
}
