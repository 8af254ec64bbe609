import Snapshot

/// A request of ABCI, as far as this server knows it. The numbers of the fields are the same in
/// CometBFT 0.38 (v1beta3) and 1.0 (v1).
public enum ABCIRequest: Sendable, Hashable {
  case echo(String)
  case flush
  case info
  case query(path: String)
  case listSnapshots
  case offerSnapshot(OfferedSnapshot, appHash: [UInt8])
  case loadSnapshotChunk(height: UInt64, format: UInt32, chunk: UInt32)
  case applySnapshotChunk(index: UInt32, chunk: [UInt8], sender: String)
  /// One that this server does not answer, by the number of its field; nil if the request is empty.
  case other(UInt32?)

  /// Reads a request. Of several in one message the last counts, as with every `oneof`.
  public init(protobuf bytes: [UInt8]) throws(ProtobufError) {
    var reader = ProtobufReader(bytes[...])
    self = .other(nil)
    while let field = try reader.next() {
      switch field.number {
      case 1: self = .echo(try Self.text(1, in: field))
      case 2: self = try Self.empty(field, .flush)
      case 3: self = try Self.empty(field, .info)
      case 6: self = .query(path: try Self.text(2, in: field))
      case 12: self = try Self.empty(field, .listSnapshots)
      case 13: self = try Self.offer(field)
      case 14: self = try Self.load(field)
      case 15: self = try Self.apply(field)
      default: self = .other(field.number)
      }
    }
  }

  /// A message of whose fields none matters here.
  private static func empty(
    _ field: ProtobufReader.Field, _ request: ABCIRequest
  ) throws(ProtobufError) -> ABCIRequest {
    var reader = ProtobufReader(try field.message())
    while try reader.next() != nil {}
    return request
  }

  /// The text in the field `number` of a message.
  private static func text(
    _ number: UInt32, in field: ProtobufReader.Field
  ) throws(ProtobufError) -> String {
    var reader = ProtobufReader(try field.message())
    var text = ""
    while let field = try reader.next() {
      if field.number == number { text = try field.text() }
    }
    return text
  }

  private static func offer(
    _ field: ProtobufReader.Field
  ) throws(ProtobufError) -> ABCIRequest {
    var reader = ProtobufReader(try field.message())
    var snapshot = OfferedSnapshot(height: 0, format: 0, chunks: 0, hash: [], metadata: [])
    var appHash: [UInt8] = []
    while let field = try reader.next() {
      switch field.number {
      case 1: snapshot = try OfferedSnapshot(protobuf: field.message())
      case 2: appHash = try field.bytes(limit: ABCILimits.textBytesMax)
      default: break
      }
    }
    return .offerSnapshot(snapshot, appHash: appHash)
  }

  private static func load(
    _ field: ProtobufReader.Field
  ) throws(ProtobufError) -> ABCIRequest {
    var reader = ProtobufReader(try field.message())
    var (height, format, chunk): (UInt64, UInt32, UInt32) = (0, 0, 0)
    while let field = try reader.next() {
      switch field.number {
      case 1: height = try field.uint64()
      case 2: format = try field.uint32()
      case 3: chunk = try field.uint32()
      default: break
      }
    }
    return .loadSnapshotChunk(height: height, format: format, chunk: chunk)
  }

  private static func apply(
    _ field: ProtobufReader.Field
  ) throws(ProtobufError) -> ABCIRequest {
    var reader = ProtobufReader(try field.message())
    var (index, chunk, sender): (UInt32, [UInt8], String) = (0, [], "")
    while let field = try reader.next() {
      switch field.number {
      case 1: index = try field.uint32()
      case 2: chunk = try field.bytes(limit: ABCILimits.requestBytesMax)
      case 3: sender = try field.text()
      default: break
      }
    }
    return .applySnapshotChunk(index: index, chunk: chunk, sender: sender)
  }
}

extension OfferedSnapshot {
  init(protobuf bytes: ArraySlice<UInt8>) throws(ProtobufError) {
    self.init(height: 0, format: 0, chunks: 0, hash: [], metadata: [])
    var reader = ProtobufReader(bytes)
    while let field = try reader.next() {
      switch field.number {
      case 1: height = try field.uint64()
      case 2: format = try field.uint32()
      case 3: chunks = try field.uint32()
      case 4: hash = try field.bytes(limit: ABCILimits.textBytesMax)
      case 5: metadata = try field.bytes(limit: SnapshotLimits.metadataBytesMax)
      default: break
      }
    }
  }

  var protobuf: [UInt8] {
    var writer = ProtobufWriter()
    writer.append(1, height)
    writer.append(2, UInt64(format))
    writer.append(3, UInt64(chunks))
    writer.append(4, hash)
    writer.append(5, metadata)
    return writer.bytes
  }
}
