import Primitives

/// The changes that one replica made or took in, from one number to another, as one delta.
///
/// Each change has a number, even one that changes nothing: else the next one would seem to follow
/// a gap.
public struct DeltaInterval<Delta: WireCodable>: WireCodable {
  /// Who numbers.
  public let sender: ReplicaID
  /// The first and the last number, from 1.
  public let numbers: ClosedRange<UInt64>
  /// The join of the changes.
  public let delta: Delta
  /// Whether `delta` is the full state: it stands on nothing.
  public let isFull: Bool

  public init(
    sender: ReplicaID, numbers: ClosedRange<UInt64>, delta: Delta, isFull: Bool = false
  ) {
    self.sender = sender
    self.numbers = numbers
    self.delta = delta
    self.isFull = isFull
  }

  /// The byte 13, the sender (8 bytes), the first number and how many follow (varints), the byte 1
  /// for a full state, the delta.
  public init(from decoder: inout WireDecoder) throws(WireError) {
    try decoder.kind(.deltaInterval)
    let start = decoder.offset
    sender = try decoder.value()
    let first = try decoder.uint64()
    let (last, isTooHigh) = first.addingReportingOverflow(try decoder.uint64())
    guard first > 0, !isTooHigh, last < .max else {
      throw .invalidValue("numbers of an interval", at: start)
    }
    numbers = first...last
    isFull = try decoder.flag()
    delta = try decoder.value()
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(byte: ReplicatedKind.deltaInterval.rawValue)
    encoder.append(sender)
    encoder.append(numbers.lowerBound)
    encoder.append(numbers.upperBound - numbers.lowerBound)
    encoder.append(isFull)
    encoder.append(delta)
  }
}

/// What a replica keeps of its changes for peers that have not acknowledged them.
public struct DeltaBuffer<Value: ReplicatedType>: Sendable {
  public let sender: ReplicaID
  /// The number of the last change, 0 if there was none.
  public private(set) var last: UInt64
  /// The last changes, the newest being number `last`.
  private var deltas: [Value.Delta] = []
  /// Bytes of each in its wire form.
  private var sizes: [Int] = []
  /// Bytes of all that are kept.
  public private(set) var bytes = 0
  private let bytesMax: Int
  private var acknowledged: [ReplicaID: UInt64] = [:]

  /// - Parameter last: the number of the last change that was sent before a restart.
  public init(sender: ReplicaID, last: UInt64 = 0) {
    self.init(sender: sender, last: last, bytesMax: CRDTLimits.bufferedDeltaBytesMax)
  }

  package init(sender: ReplicaID, last: UInt64 = 0, bytesMax: Int) {
    self.sender = sender
    self.last = last
    self.bytesMax = bytesMax
  }

  /// The number of the first change that is kept.
  private var first: UInt64 { last - UInt64(deltas.count) + 1 }

  /// Changes that are kept.
  public var count: Int { deltas.count }

  /// Numbers a change, made here or taken in from elsewhere. The oldest are let go if there are too
  /// many, or too many bytes of them: who lacks them gets the full state.
  public mutating func append(_ delta: Value.Delta) {
    last += 1
    deltas.append(delta)
    sizes.append(delta.wireBytes.count)
    bytes += sizes[sizes.count - 1]
    if deltas.count > CRDTLimits.bufferedDeltasMax {
      drop(deltas.count - CRDTLimits.bufferedDeltasMax / 2)
    }
    guard bytes > bytesMax else { return }
    var (dropped, left) = (0, bytes)
    while left > bytesMax / 2, dropped < sizes.count {
      left -= sizes[dropped]
      dropped += 1
    }
    drop(dropped)
  }

  /// Lets the oldest go.
  private mutating func drop(_ count: Int) {
    bytes -= sizes[..<count].reduce(0, +)
    deltas.removeFirst(count)
    sizes.removeFirst(count)
  }

  /// What `peer` is to get: the changes behind its acknowledgement, or `state` if not all of them
  /// are kept; nil if it has all.
  public func interval(
    for peer: ReplicaID, state: () -> Value.Delta
  ) throws(CRDTError) -> DeltaInterval<Value.Delta>? {
    let next = (acknowledged[peer] ?? 0) + 1
    guard next <= last else { return nil }
    guard next >= first else {
      return DeltaInterval(sender: sender, numbers: next...last, delta: state(), isFull: true)
    }
    let kept = deltas[Int(next - first)...]
    guard let joined = try Value.joinedInPairs(Array(kept)) else { return nil }
    return DeltaInterval(sender: sender, numbers: next...last, delta: joined)
  }

  /// Notes that `peer` has all up to `number`, and lets go what all of `peers` have. Refuses with
  /// `gap` a number that was never given.
  public mutating func acknowledge(
    _ number: UInt64, by peer: ReplicaID, of peers: [ReplicaID]
  ) throws(CRDTError) {
    guard number <= last else { throw .gap(sender, expected: last, found: number) }
    guard acknowledged[peer] != nil || acknowledged.count < CRDTLimits.peersMax else {
      throw .tooLarge("peers", limit: CRDTLimits.peersMax)
    }
    acknowledged[peer] = max(number, acknowledged[peer] ?? 0)
    let all = peers.map { acknowledged[$0] ?? 0 }.min() ?? 0
    if all >= first { drop(Int(min(all, last) - first) + 1) }
  }

  /// Forgets what `peer` acknowledged: it is gone, or may have lost what it had.
  public mutating func forget(_ peer: ReplicaID) { acknowledged[peer] = nil }
}

/// Up to which number a replica has each peer's changes: what it acknowledges.
public struct DeltaReceipts: Sendable, Equatable {
  /// Of each sender, the number up to which all is here: to be stored with the value.
  public private(set) var numbers: VersionVector

  /// - Parameter numbers: what was stored before a restart.
  public init(numbers: VersionVector = VersionVector()) {
    self.numbers = numbers
  }

  /// The last number of `sender` up to which all is here.
  public func last(of sender: ReplicaID) -> UInt64 { numbers[sender] }

  /// Merges an interval into `value`, if all that it stands on is here (the causal delta-merging
  /// condition); false if it was here already. Refuses with `gap` what stands on more: the sender
  /// must begin earlier, or send the full state.
  public mutating func receive<Value: ReplicatedType>(
    _ interval: DeltaInterval<Value.Delta>, into value: inout Value
  ) throws(CRDTError) -> Bool {
    #if MUTANTS
      let isTaken = Mutant.isOn(.gapTaken) && !interval.isFull
      let last = isTaken ? interval.numbers.lowerBound - 1 : numbers[interval.sender]
    #else
      let last = numbers[interval.sender]
    #endif
    guard interval.isFull || interval.numbers.lowerBound <= last + 1 else {
      throw .gap(interval.sender, expected: last + 1, found: interval.numbers.lowerBound)
    }
    guard interval.numbers.upperBound > last else { return false }
    guard last > 0 || numbers.replicas.count < CRDTLimits.peersMax else {
      throw .tooLarge("peers", limit: CRDTLimits.peersMax)
    }
    try value.merge(delta: interval.delta)
    numbers.raise(interval.sender, to: interval.numbers.upperBound)
    return true
  }
}
