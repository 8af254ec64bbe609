import Snapshot

/// An answer of ABCI.
public enum ABCIAnswer: Sendable, Hashable {
  /// The request was not answered, for this reason.
  case exception(String)
  case echo(String)
  case flush
  case info(ApplicationInfo, version: String)
  /// The answer to a query: code 0 is good.
  case query(code: UInt32, log: String)
  case listSnapshots([OfferedSnapshot])
  case offerSnapshot(OfferVerdict)
  case loadSnapshotChunk([UInt8])
  case applySnapshotChunk(ChunkVerdict)

  /// The message with its length before it.
  public var frame: [UInt8] {
    var writer = ProtobufWriter()
    let (number, message) = part
    writer.append(number, message: message)
    var frame: [UInt8] = []
    ProtobufWriter.varint(UInt64(writer.bytes.count), to: &frame)
    return frame + writer.bytes
  }

  /// The number of the answer's field and its message.
  private var part: (UInt32, [UInt8]) {
    var writer = ProtobufWriter()
    switch self {
    case .exception(let reason):
      writer.append(1, reason)
      return (1, writer.bytes)
    case .echo(let text):
      writer.append(1, text)
      return (2, writer.bytes)
    case .flush: return (3, [])
    case .info(let info, let version):
      writer.append(1, "livesync")
      writer.append(2, version)
      writer.append(4, info.height)
      writer.append(5, info.appHash)
      return (4, writer.bytes)
    case .query(let code, let log):
      writer.append(1, UInt64(code))
      writer.append(3, log)
      return (7, writer.bytes)
    case .listSnapshots(let snapshots):
      for snapshot in snapshots { writer.append(1, message: snapshot.protobuf) }
      return (13, writer.bytes)
    case .offerSnapshot(let verdict):
      writer.append(1, UInt64(verdict.rawValue))
      return (14, writer.bytes)
    case .loadSnapshotChunk(let chunk):
      writer.append(1, chunk)
      return (15, writer.bytes)
    case .applySnapshotChunk(let verdict): return (16, Self.message(verdict))
    }
  }

  private static func message(_ verdict: ChunkVerdict) -> [UInt8] {
    var writer = ProtobufWriter()
    switch verdict {
    case .accept: writer.append(1, 1)
    case .abort: writer.append(1, 2)
    case .retry(let refetch, let rejectedSenders):
      writer.append(1, 3)
      writer.append(2, packed: refetch)
      for sender in rejectedSenders { writer.append(3, message: Array(sender.utf8)) }
    case .retrySnapshot: writer.append(1, 4)
    case .rejectSnapshot: writer.append(1, 5)
    }
    return writer.bytes
  }
}
