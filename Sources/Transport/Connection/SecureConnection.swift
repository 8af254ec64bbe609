import Primitives

/// A connection after its handshake at one end: the bytes of the wire on one side, the multiplexer
/// on the other.
public struct SecureConnection: ~Copyable {
  public let peer: PublicKey
  /// The streams. What is asked of it goes out by `nextBytes(max:)`.
  public var mux: Mux
  private var sealer: RecordSealer
  private var opener: RecordOpener

  public init(
    _ session: consuming SecureSession, role: HandshakeRole, settings: MuxSettings = MuxSettings()
  ) {
    peer = session.peer
    mux = Mux(role, settings: settings)
    sealer = session.sealer
    opener = session.opener
  }

  /// Bytes of a record that is not whole yet.
  public var heldBytes: Int { opener.heldBytes }

  /// Takes bytes of the wire, however they are split; gives what they did. After an error the
  /// connection is over; what `nextBytes` still gives is a goodbye.
  public mutating func receive(_ bytes: ArraySlice<UInt8>) throws(ConnectionError) -> [MuxEvent] {
    var events: [MuxEvent] = []
    try receive(bytes, into: &events)
    return events
  }

  /// Takes bytes of the wire. If it throws, `events` has what came before.
  mutating func receive(
    _ bytes: ArraySlice<UInt8>, into events: inout [MuxEvent]
  ) throws(ConnectionError) {
    var input = bytes
    while let record = try nextRecord(from: &input) {
      do throws(MuxViolation) {
        try mux.receive(record, into: &events)
      } catch { throw .violation(error) }
    }
  }

  private mutating func nextRecord(
    from input: inout ArraySlice<UInt8>
  ) throws(ConnectionError) -> [UInt8]? {
    do throws(RecordError) {
      return try opener.next(from: &input)
    } catch {
      mux.goodbye(.violation)
      throw .record(error)
    }
  }

  /// Whole records of at most `max` bytes in all, most urgent first; empty if there is nothing to
  /// send. Throws when all nonces are used up.
  /// - Parameter max: bytes that the caller can hand on now, at least
  ///   `TransportLimits.emitBytesMin`.
  public mutating func nextBytes(max: Int) throws(ConnectionError) -> [UInt8] {
    var bytes: [UInt8] = []
    while mux.hasBytes {
      let room = min(max - bytes.count - RecordSealer.overheadBytes, RecordSealer.plaintextBytesMax)
      let plaintext = mux.nextBytes(max: room)
      guard !plaintext.isEmpty else { return bytes }
      do throws(RecordError) {
        bytes += try sealer.seal(plaintext)
      } catch { throw .record(error) }
    }
    return bytes
  }
}

/// Why a connection is over.
public enum ConnectionError: Error, Equatable, Sendable, CustomStringConvertible {
  case record(RecordError)
  case violation(MuxViolation)

  public var description: String {
    switch self {
    case .record(let error): "\(error)"
    case .violation(let error): "\(error)"
    }
  }
}
