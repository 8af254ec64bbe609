import Networking
import Primitives

/// A node of the cluster as the others know it.
public struct Member: Sendable, Hashable {
  public let identity: NodeIdentity
  /// A name for people.
  public var name: String
  /// Where it listens for replicas.
  public var addresses: [String]
  /// The ticks of the clock of whoever said this, when it was said; the larger one is believed.
  public var stamp: UInt64
  /// Whether an operator removed it. That stays.
  public var isRemoved: Bool

  public init(
    identity: NodeIdentity, name: String = "", addresses: [String] = [], stamp: UInt64,
    isRemoved: Bool = false
  ) {
    self.identity = identity
    self.name = name
    self.addresses = addresses
    self.stamp = stamp
    self.isRemoved = isRemoved
  }
}

/// The members of a cluster. Tables of two nodes are merged, in any order and any number of times,
/// to the same.
///
/// Wire form: the members in the order of their keys.
public struct MemberTable: Sendable, Hashable {
  private var entries: [NodeIdentity: Member] = [:]

  public init() {}

  /// Those that were not removed, in the order of their keys.
  public var members: [Member] {
    entries.values.filter { !$0.isRemoved }.sorted { $0.identity < $1.identity }
  }
  /// Those that were removed, in the order of their keys.
  public var removed: [Member] {
    entries.values.filter(\.isRemoved).sorted { $0.identity < $1.identity }
  }
  /// Members that were not removed.
  public var count: Int { entries.values.count { !$0.isRemoved } }

  public subscript(_ identity: NodeIdentity) -> Member? { entries[identity] }

  public func isRemoved(_ identity: NodeIdentity) -> Bool { entries[identity]?.isRemoved ?? false }

  /// Takes what is said of a member, if it is new. False if nothing changed, or there are too many
  /// members.
  public mutating func add(_ member: Member) -> Bool {
    if let held = entries[member.identity] {
      guard Self.isNews(member, than: held) else { return false }
    } else if !member.isRemoved, count >= KeyValueLimits.membersMax {
      return false
    }
    entries[member.identity] = member
    bound()
    return true
  }

  /// Removes a member for good. False if it was removed already.
  public mutating func remove(_ identity: NodeIdentity, stamp: UInt64) -> Bool {
    guard !isRemoved(identity) else { return false }
    let held = entries[identity]
    return add(
      Member(
        identity: identity, name: held?.name ?? "", stamp: max(stamp, held?.stamp ?? 0),
        isRemoved: true))
  }

  /// Takes all that another table says. False if nothing changed.
  public mutating func merge(_ other: MemberTable) -> Bool {
    var isChanged = false
    for member in other.removed + other.members where add(member) { isChanged = true }
    return isChanged
  }

  private static func isNews(_ new: Member, than old: Member) -> Bool {
    if new.isRemoved != old.isRemoved { return new.isRemoved }
    if new.stamp != old.stamp { return new.stamp > old.stamp }
    // Of one time only one can stay, the same everywhere.
    let (a, b) = ([new.name] + new.addresses, [old.name] + old.addresses)
    return b.lexicographicallyPrecedes(a)
  }

  private mutating func bound() {
    let gone = removed
    guard gone.count > KeyValueLimits.removedMembersMax else { return }
    if let first = gone.min(by: { ($0.stamp, $0.identity) < ($1.stamp, $1.identity) }) {
      entries[first.identity] = nil
    }
  }
}

extension Member: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(identity)
    encoder.append(name)
    encoder.append(count: addresses.count)
    for address in addresses { encoder.append(address) }
    encoder.append(stamp)
    encoder.append(isRemoved)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    identity = try decoder.value()
    name = try decoder.text(limit: KeyValueLimits.memberNameBytesMax)
    addresses = []
    for _ in 0..<(try decoder.count(limit: KeyValueLimits.memberAddressesMax)) {
      addresses.append(try decoder.text(limit: KeyValueLimits.addressBytesMax))
    }
    stamp = try decoder.uint64()
    isRemoved = try decoder.flag(of: "removed")
  }
}

extension MemberTable: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(entries.values.sorted { $0.identity < $1.identity })
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    let all: [Member] = try decoder.array(
      elementBytes: 36, limit: KeyValueLimits.membersMax + KeyValueLimits.removedMembersMax)
    for (one, next) in zip(all, all.dropFirst()) where one.identity >= next.identity {
      throw .keysNotIncreasing(at: start)
    }
    for member in all { entries[member.identity] = member }
    guard count <= KeyValueLimits.membersMax else {
      throw .lengthTooLarge(UInt64(count), limit: KeyValueLimits.membersMax, at: start)
    }
    guard all.count - count <= KeyValueLimits.removedMembersMax else {
      throw .lengthTooLarge(
        UInt64(all.count - count), limit: KeyValueLimits.removedMembersMax, at: start)
    }
  }
}

/// What a node keeps of the cluster between two runs: the file `members` of a data directory.
///
/// Wire form: a byte for the format, 2; the clock; the table; the number of pinned addresses, and
/// each with its key, in the order of the addresses. Format 1, which is read as well, has no clock.
public struct MemberBook: Sendable, Hashable {
  static let format: UInt8 = 2

  /// No ticks that other members were told of this node's clock are above these: it begins at them
  /// when it starts again, so that it writes nothing at a time up to which others take themselves
  /// to have all, wherever the wall clock is meanwhile.
  public var clock: UInt64 = 0
  public var table = MemberTable()
  /// The key that was found first at an address, or named by the operator.
  public var pins: [String: NodeIdentity] = [:]

  public init() {}

  /// Expects a key at an address from now on. If too many are pinned one is not any longer, first
  /// one at which no member is.
  /// - Parameter named: addresses that the operator named.
  package mutating func pin(_ key: NodeIdentity, at address: String, named: [String]) {
    pins[address] = key
    guard pins.count > KeyValueLimits.pinsMax else { return }
    let known = Set(named + table.members.flatMap(\.addresses))
    let others = pins.keys.filter { $0 != address }.sorted()
    let gone = others.first { !known.contains($0) } ?? others.first
    if let gone { pins[gone] = nil }
  }
}

extension MemberBook: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(byte: Self.format)
    encoder.append(clock)
    encoder.append(table)
    let sorted = pins.sorted { Self.precedes($0.key, $1.key) }.prefix(KeyValueLimits.pinsMax)
    encoder.append(count: sorted.count)
    for (address, key) in sorted {
      encoder.append(address)
      encoder.append(key)
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    let format = try decoder.byte()
    guard format == 1 || format == Self.format else {
      throw .invalidCase(UInt64(format), of: "format", at: start)
    }
    if format == Self.format { clock = try decoder.uint64() }
    table = try decoder.value()
    var last: String?
    for _ in 0..<(try decoder.count(elementBytes: 33, limit: KeyValueLimits.pinsMax)) {
      let start = decoder.offset
      let address = try decoder.text(limit: KeyValueLimits.addressBytesMax)
      if let last, !Self.precedes(last, address) { throw .keysNotIncreasing(at: start) }
      pins[address] = try decoder.value()
      last = address
    }
  }

  private static func precedes(_ a: String, _ b: String) -> Bool {
    a.utf8.lexicographicallyPrecedes(b.utf8)
  }
}
