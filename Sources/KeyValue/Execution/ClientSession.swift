import Primitives
import RESP

/// What is known of a client.
public struct ClientSession: Sendable {
  /// Counts from 1.
  public let id: UInt64
  /// Where it is, and where it was taken, as `HOST:PORT`.
  public let address: String
  public let localAddress: String
  public let connectedAt: UInt64
  public var descriptor: Int32 = -1
  /// What it calls itself and its library; printable ASCII without spaces.
  public internal(set) var name: [UInt8] = []
  public internal(set) var libraryName: [UInt8] = []
  public internal(set) var libraryVersion: [UInt8] = []
  public internal(set) var isAuthenticated: Bool
  public internal(set) var version = RESPVersion.two
  /// The time of its last request, in milliseconds since 1970.
  public internal(set) var lastAt: UInt64
  var lastCommand: CommandID?
  /// No write of it is later, in ticks of the hybrid clock.
  package internal(set) var lastWrite: UInt64 = 0

  /// - Parameters:
  ///   - milliseconds: the time now, since 1970.
  ///   - isAuthenticated: whether it may do all without a password.
  public init(
    id: UInt64, address: String, localAddress: String, at milliseconds: UInt64,
    isAuthenticated: Bool
  ) {
    self.id = id
    self.address = address
    self.localAddress = localAddress
    connectedAt = milliseconds
    lastAt = milliseconds
    self.isAuthenticated = isAuthenticated
  }

  /// How large its requests may be.
  public var bounds: RequestBounds { isAuthenticated ? .full : .stranger }

  /// The client in a line, as CLIENT LIST gives it.
  public func line(waitingBytes: Int, readBytes: Int, at now: UInt64) -> String {
    func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
    let command = lastCommand.map(\.name) ?? "NULL"
    return "id=\(id) addr=\(address) laddr=\(localAddress) fd=\(descriptor) name=\(text(name))"
      + " age=\((now &- min(now, connectedAt)) / 1000) idle=\((now &- min(now, lastAt)) / 1000)"
      + " flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=\(readBytes) qbuf-free=0"
      + " omem=\(waitingBytes) events=r cmd=\(command) user=default redir=-1"
      + " resp=\(version.rawValue) lib-name=\(text(libraryName)) lib-ver=\(text(libraryVersion))"
  }
}

/// What the server has to do after a request.
public enum AfterRequest: Sendable, Hashable {
  /// The next one.
  case next
  /// Close the connection behind the replies.
  case close
  /// The same, because the reply was longer than `KeyValueLimits.replyBytesMax`; so many bytes were
  /// made.
  case refuseReply(bytes: Int)
  /// End, after the connections were closed.
  case shutdown
  /// Answer with the lines of these connections, or of all.
  case listClients([UInt64]?)
  /// Write everything to disk, and answer.
  case save(isInBackground: Bool)
  /// Execute nothing more of it until so many replicas have its writes, or the time is over, and
  /// answer with how many have. 0 ms: for ever.
  case wait(replicas: Int64, milliseconds: Int64)
  /// Answer what is known of the other replicas, or do something about them.
  case sync(SyncCommand)
}

/// What is asked of the part that keeps replicas equal.
public enum SyncCommand: Sendable, Hashable {
  case status, peers, now, repair, role
  case forget(PublicKey)
}
