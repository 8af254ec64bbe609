import Networking
import Primitives

/// What one side of a round holds.
public struct RoundState: Sendable, Hashable, WireCodable {
  /// Names all that it holds.
  public var root: Hash256
  /// The ticks of its clock: all that it wrote up to them is in what `root` names.
  public var clock: UInt64
  /// The ticks up to which it keeps no deletions.
  public var floor: UInt64
  /// Not each time.
  public var gossip: ClusterGossip?

  public init(root: Hash256, clock: UInt64, floor: UInt64, gossip: ClusterGossip? = nil) {
    self.root = root
    self.clock = clock
    self.floor = floor
    self.gossip = gossip
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(root)
    encoder.append(clock)
    encoder.append(floor)
    encoder.append(optional: gossip)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    root = try decoder.hash()
    clock = try decoder.uint64()
    floor = try decoder.uint64()
    gossip = try decoder.optional()
  }
}

/// Asks whether both hold the same.
public struct RoundRequest: Request, Hashable {
  public typealias Response = RoundAnswer
  public static let type = RequestType(
    332, name: "kv_round", requestBytesMax: KeyValueLimits.gossipBytesMax,
    responseBytesMax: KeyValueLimits.gossipBytesMax, traffic: .control)

  public var state: RoundState
  /// The receiver has all that the sender held when its clock showed these ticks: they ended a
  /// session. Nil if they did not, since the last round.
  public var synced: UInt64?
  /// It is to be answered though pushes are under way.
  public var isForced: Bool

  public init(state: RoundState, synced: UInt64? = nil, isForced: Bool = false) {
    self.state = state
    self.synced = synced
    self.isForced = isForced
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(state)
    encoder.append(synced != nil)
    if let synced { encoder.append(synced) }
    encoder.append(isForced)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    state = try decoder.value()
    synced = try decoder.flag(of: "Option") ? try decoder.uint64() : nil
    isForced = try decoder.flag(of: "forced")
  }
}

/// The answer to a round.
public enum RoundAnswer: WireCodable, Hashable {
  case state(RoundState)
  /// Pushes are under way; later.
  case later
  /// The hello comes first.
  case stranger

  public func encode(to encoder: inout WireEncoder) {
    switch self {
    case .state(let state):
      encoder.append(byte: 0)
      encoder.append(state)
    case .later: encoder.append(byte: 1)
    case .stranger: encoder.append(byte: 2)
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    switch try decoder.byte() {
    case 0: self = .state(try decoder.value())
    case 1: self = .later
    case 2: self = .stranger
    case let kind: throw .invalidCase(UInt64(kind), of: "RoundAnswer", at: start)
    }
  }
}
