import Networking
import Primitives

/// What nodes tell each other of the cluster: with each hello, and now and then with a round.
public struct ClusterGossip: Sendable, Hashable, WireCodable {
  public var members: MemberTable
  public var rows: RowTable

  public init(members: MemberTable, rows: RowTable) {
    self.members = members
    self.rows = rows
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(members)
    encoder.append(rows)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    members = try decoder.value()
    rows = try decoder.value()
  }
}

/// What both sides of a hello say.
public struct HelloBody: Sendable, Hashable, WireCodable {
  /// That the sender has the cluster key (`ClusterKey.proof`).
  public var proof: Hash256
  /// The ticks of the sender's clock.
  public var clock: UInt64
  /// The ticks up to which the sender keeps no deletions.
  public var floor: UInt64
  public var gossip: ClusterGossip

  public init(proof: Hash256, clock: UInt64, floor: UInt64, gossip: ClusterGossip) {
    self.proof = proof
    self.clock = clock
    self.floor = floor
    self.gossip = gossip
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(proof)
    encoder.append(clock)
    encoder.append(floor)
    encoder.append(gossip)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    proof = try decoder.hash()
    clock = try decoder.uint64()
    floor = try decoder.uint64()
    gossip = try decoder.value()
  }
}

/// The first request on a connection; nothing else is answered before.
public struct HelloRequest: Request, Hashable {
  public typealias Response = HelloAnswer
  public static let type = RequestType(
    330, name: "kv_hello", requestBytesMax: KeyValueLimits.gossipBytesMax,
    responseBytesMax: KeyValueLimits.gossipBytesMax, traffic: .control)
  /// The messages of replication as they are described here.
  public static let version: UInt32 = 1

  public var version: UInt32
  public var body: HelloBody

  public init(version: UInt32 = HelloRequest.version, body: HelloBody) {
    self.version = version
    self.body = body
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(version)
    encoder.append(body)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    version = try decoder.uint32()
    body = try decoder.value()
  }
}

/// Why a node is not let in.
public enum HelloRefusal: UInt8, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  /// The proof is not that of the cluster key.
  case clusterKey = 0
  /// An operator removed this member.
  case removed = 1
  /// There are as many members as there may be.
  case tooManyMembers = 2
  /// Another version of the messages.
  case version = 3
  /// At this address another key is expected.
  case pinnedKey = 4

  public var description: String {
    switch self {
    case .clusterKey: "it has not the key of the cluster"
    case .removed: "it was removed from the cluster"
    case .tooManyMembers: "the cluster has \(KeyValueLimits.membersMax) members already"
    case .version: "it speaks another version of the messages"
    case .pinnedKey: "another key is expected at this address"
    }
  }
}

/// The answer to a hello.
public enum HelloAnswer: WireCodable, Hashable {
  case accepted(HelloBody)
  case refused(HelloRefusal)

  public func encode(to encoder: inout WireEncoder) {
    switch self {
    case .accepted(let body):
      encoder.append(byte: 0)
      encoder.append(body)
    case .refused(let refusal):
      encoder.append(byte: 1)
      encoder.append(byte: refusal.rawValue)
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    switch try decoder.byte() {
    case 0: self = .accepted(try decoder.value())
    case 1:
      let reason = try decoder.byte()
      guard let refusal = HelloRefusal(rawValue: reason) else {
        throw .invalidCase(UInt64(reason), of: "HelloRefusal", at: start + 1)
      }
      self = .refused(refusal)
    case let kind: throw .invalidCase(UInt64(kind), of: "HelloAnswer", at: start)
    }
  }
}
