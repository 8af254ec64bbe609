import CRDT
import Compression
import Delta
import Primitives
import Reconciliation

extension FuzzTarget {
  static let deltas: [FuzzTarget] = [
    deltaWire, deltaCodec, deltaLog, deltaDictionary, deltaLink,
  ]

  private static let deltaWire = wire(
    "wire-delta",
    [
      .init(Delta.self) { FuzzDeltas.all },
      .init(DeltaMessage.self) {
        [
          .hello(FuzzDeltas.all[1].to), .push(number: 3, FuzzDeltas.all[1].wireBytes),
          .ack(number: 9, FuzzDeltas.all[2].to), .dictionary(DictionaryID(7), [1, 2, 3]),
          .lacking(number: 4, DictionaryID(.max)),
        ]
      },
      .init(StoredOperation.self) {
        FuzzDeltas.all[2].operations.suffix(2).map {
          StoredOperation(
            sequence: 5,
            operation: LoggedOperation(
              dot: Dot(ReplicaID(0), 0), kind: $0.kind, causes: $0.causes, bytes: $0.bytes))
        }
      },
      .init(DictionaryID.self) { [DictionaryID(77)] },
      .init(DeltaQuestion.self) { [DeltaQuestion(version: FuzzDeltas.all[1].to, page: 2)] },
      .init(DeltaAnswer.self) {
        [
          DeltaAnswer(
            version: FuzzDeltas.all[2].to, pages: 3,
            ids: (1...3).map { RecordID(high: $0, low: 4) })
        ]
      },
    ])

  /// Whatever form bytes claim to have, what is read can be written and read again.
  private static let deltaCodec = FuzzTarget(
    "delta-codec",
    seeds: {
      let codec = DeltaCodec()
      var seeds = FuzzDeltas.all.map { codec.encode($0, isPlain: true).bytes }
      if let dictionary = FuzzDeltas.dictionary,
        let zstd = ZstdDictionary(dictionary.bytes, level: 3)
      {
        let frame = ZstdCompressor(level: 3).frame(of: FuzzDeltas.all[2].wireBytes, with: zstd)
        seeds.append([2] + dictionary.id.wireBytes + frame)
      }
      return seeds
    },
    check: { input in
      let codec = DeltaCodec()
      var shelf = DictionaryShelf()
      if let dictionary = FuzzDeltas.dictionary { shelf.add(dictionary) }
      guard let delta = try? codec.decode(input, shelf) else { return }
      try demand(delta.wireBytes.count <= DeltaLimits.bodyBytesMax, "a delta is too long")
      let again = try? codec.decode(codec.encode(delta, isPlain: true).bytes)
      try demand(again?.operations == delta.operations, "a delta is read as another one")
    })

  /// Deltas of strangers, one after another: what is refused changes nothing, and what the log
  /// gives to others fits them.
  private static let deltaLog = FuzzTarget(
    "delta-log",
    seeds: { [FuzzDeltas.parts.reduce([]) { $0 + [UInt8($1.count)] + $1 }] },
    check: { input in
      var decoder = WireDecoder(input)
      var log = OperationLog(author: ReplicaID(1), bounds: LogBounds(operations: 6))
      while decoder.remaining > 0, let bytes = try? decoder.bytes() {
        guard let delta = try? Delta(wireBytes: bytes) else { continue }
        let before = log
        do throws(DeltaError) {
          try log.take(delta.operations)
        } catch {
          let isSame = log.version == before.version && log.extent == before.extent
          try demand(isSame, "\(error), but the log has changed")
        }
      }
      try demand(log.extent.operations <= 6, "the log holds \(log.extent)")
      guard let rest = try? log.generateDelta(from: log.reach) else {
        throw FuzzFinding("the log does not reach to its own end")
      }
      var other = OperationLog(author: ReplicaID(2))
      let fits = (try? other.adopt(log.reach)) != nil && (try? other.take(rest.operations)) != nil
      try demand(fits, "what the log gives does not fit")
      try demand(other.version == log.version, "what the log gives is not all")
    })

  /// Any bytes as a dictionary, and a frame made without knowing it.
  private static let deltaDictionary = FuzzTarget(
    "delta-dictionary",
    seeds: { [FuzzDeltas.dictionary?.bytes ?? [1]] },
    check: { input in
      guard let dictionary = ZstdDictionary(input, level: 3) else { return }
      let body = FuzzDeltas.all[2].wireBytes
      let frame = ZstdCompressor(level: 3).frame(of: body, with: dictionary)
      let read = try? ZstdDecompressor().content(of: frame, with: dictionary, .atMost(body.count))
      try demand(read == nil || read == body, "something else came out")
    })
}

/// Deltas of a few replicas.
private enum FuzzDeltas {
  static let all: [Delta] = [0, 1, 9].map(made)

  /// The same operations in several deltas.
  static let parts: [[UInt8]] = stride(from: 0, to: 12, by: 3).map { start in
    Delta(Array(made(12).operations[start..<start + 3])).wireBytes
  }

  static let dictionary: DeltaDictionary? = {
    let samples = (0..<400).map { Array("user:\($0 * 7_919 % 1_000) = value \($0 % 17)".utf8) }
    return ZstdDictionary.trained(on: samples, bytesMax: 512).flatMap { DeltaDictionary($0) }
  }()

  private static func made(_ steps: Int) -> Delta {
    var logs = [3, 5].map { OperationLog(author: ReplicaID($0 << 60 | 9)) }
    for step in 0..<steps {
      let number = step / 2 % 2
      _ = try? logs[number].append(kind: UInt8(step % 3), Array("user:\(step)".utf8))
      if step % 2 == 1, let delta = try? logs[number].generateDelta(from: logs[1 - number].version)
      {
        _ = try? logs[1 - number].take(delta.operations)
      }
    }
    return (try? logs[0].generateDelta(from: VersionVector())) ?? Delta([])
  }
}
