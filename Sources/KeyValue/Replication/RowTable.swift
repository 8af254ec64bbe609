import Networking
import Primitives

/// What one member holds: for each member the ticks up to which it has every write that was made
/// there, or a newer one of the same key.
public struct MemberRow: Sendable, Hashable {
  /// The ticks of the member's clock when it said so; the larger one is believed.
  public var stamp: UInt64
  public var have: [NodeIdentity: UInt64]

  public init(stamp: UInt64, have: [NodeIdentity: UInt64] = [:]) {
    self.stamp = stamp
    self.have = have
  }
}

/// What all members hold, as far as it is known.
///
/// Wire form: the keys of all members that are named, in order; the number of rows; each row with
/// the place of its member in that list, its stamp, and one number for each of the list, 0 where
/// nothing is known.
public struct RowTable: Sendable, Hashable {
  public private(set) var rows: [NodeIdentity: MemberRow] = [:]

  public init() {}

  /// Takes a member's row if it is newer than the one that is held.
  public mutating func add(_ row: MemberRow, of member: NodeIdentity) {
    if let held = rows[member], held.stamp >= row.stamp { return }
    rows[member] = MemberRow(stamp: row.stamp, have: row.have.filter { $0.value > 0 })
  }

  /// Takes the rows of another table that are newer, but for that of `own`.
  public mutating func merge(_ other: RowTable, but own: NodeIdentity) {
    for (member, row) in other.rows.sorted(by: { $0.key < $1.key }) where member != own {
      add(row, of: member)
    }
  }

  /// Forgets rows of others than `members`.
  public mutating func keep(_ members: [NodeIdentity]) {
    let kept = Set(members)
    rows = rows.filter { kept.contains($0.key) }
    for (member, row) in rows {
      rows[member]?.have = row.have.filter { kept.contains($0.key) }
    }
  }

  /// The largest ticks up to which all of `members` have the writes of all of them; nil if a row is
  /// missing.
  public func common(to members: [NodeIdentity]) -> UInt64? {
    var least = UInt64.max
    for member in members {
      guard let row = rows[member] else { return nil }
      for origin in members { least = min(least, row.have[origin] ?? 0) }
    }
    return members.isEmpty ? nil : least
  }
}

extension RowTable: WireCodable {
  /// All members that any row is of, or says something of.
  private var named: Set<NodeIdentity> {
    rows.keys.sorted().reduce(into: []) { named, member in
      named.insert(member)
      named.formUnion(rows[member]?.have.keys.sorted() ?? [])
    }
  }

  public func encode(to encoder: inout WireEncoder) {
    let list = named.sorted()
    encoder.append(list)
    encoder.append(count: rows.count)
    for (place, member) in list.enumerated() {
      guard let row = rows[member] else { continue }
      encoder.append(count: place)
      encoder.append(row.stamp)
      for origin in list { encoder.append(row.have[origin] ?? 0) }
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    let list: [NodeIdentity] = try decoder.array(
      elementBytes: 32, limit: KeyValueLimits.membersMax)
    for (one, next) in zip(list, list.dropFirst()) where one >= next {
      throw .keysNotIncreasing(at: start)
    }
    var last = -1
    for _ in 0..<(try decoder.count(elementBytes: 2 + list.count, limit: list.count)) {
      let start = decoder.offset
      let place = Int(try decoder.uint32())
      guard place > last, place < list.count else { throw .keysNotIncreasing(at: start) }
      last = place
      var row = MemberRow(stamp: try decoder.uint64())
      for origin in list {
        let ticks = try decoder.uint64()
        if ticks > 0 { row.have[origin] = ticks }
      }
      rows[list[place]] = row
    }
    // A name that no row has is no wire form of any table.
    guard named.count == list.count else {
      throw .invalidValue("a member is named of which nothing is said", at: start)
    }
  }
}
