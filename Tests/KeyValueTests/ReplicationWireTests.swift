import CRDT
import KeyValue
import Networking
import Primitives
import TestSupport
import Testing

/// Wire forms and queues of replication.
@Suite struct ReplicationWireTests {
  private static let version = HybridTimeOf.time(77, 3)

  private func copy<Value: WireCodable & Equatable>(_ value: Value) {
    #expect((try? Value(wireBytes: value.wireBytes)) == value)
    // Nothing shorter is a value.
    let bytes = value.wireBytes
    for count in [0, bytes.count / 2, bytes.count - 1] where count < bytes.count {
      #expect((try? Value(wireBytes: Array(bytes[..<count]))) == nil)
    }
    #expect((try? Value(wireBytes: bytes + [0])) == nil)
  }

  static func gossip() -> ClusterGossip {
    var members = MemberTable()
    var rows = RowTable()
    let some = ReplicaNode.identities.prefix(3)
    for (number, identity) in some.enumerated() {
      _ = members.add(
        Member(
          identity: identity, name: "n\(number)", addresses: ["h:\(number)"], stamp: 5,
          isRemoved: number == 2))
      rows.add(
        MemberRow(stamp: UInt64(number + 1), have: [some[0]: 9, some[1]: UInt64(number)]),
        of: identity)
    }
    return ClusterGossip(members: members, rows: rows)
  }

  @Test func messages_shouldBeReadAsTheyWereWritten() {
    let gossip = Self.gossip()
    let body = HelloBody(proof: .zero, clock: 7, floor: 6, gossip: gossip)
    copy(HelloRequest(body: body))
    copy(HelloAnswer.accepted(body))
    for refusal in HelloRefusal.allCases { copy(HelloAnswer.refused(refusal)) }
    let state = RoundState(root: .zero, clock: 1, floor: 2, gossip: gossip)
    copy(RoundRequest(state: state, synced: 4, isForced: true))
    copy(RoundRequest(state: RoundState(root: .zero, clock: 1, floor: 2)))
    for answer in [RoundAnswer.state(state), .later, .stranger] { copy(answer) }
    copy(
      PushRequest(
        stream: 1, start: 2, sequence: 3, through: 4, isCompressed: false, body: [1, 2]))
    let refused = PushRefusal.allCases.enumerated().map {
      PushAnswer.Refused(place: UInt32($0.offset), reason: $0.element)
    }
    for answer in [PushAnswer.taken(refused: refused), .taken(refused: []), .busy, .stranger] {
      copy(answer)
    }
    copy(ValueRequest(key: [1], version: Self.version, offset: 5, count: 9))
    copy(ValueSlice(bytes: [1, 2]))
    copy(ValueSlice(bytes: nil))
    copy(gossip)
    var book = MemberBook()
    book.table = gossip.members
    book.pins = ["a:1": ReplicaNode.identities[0], "b:1": ReplicaNode.identities[1]]
    copy(book)
  }

  @Test func aRound_shouldCostOneHashEachWay() {
    let state = RoundState(root: .zero, clock: .max >> 1, floor: .max >> 1)
    #expect(RoundRequest(state: state).wireBytes.count <= 32 + 2 * 10 + 3)
    #expect(RoundAnswer.state(state).wireBytes.count <= 32 + 2 * 10 + 2)
  }

  @Test func whatNoNodeSends_shouldBeRefused() {
    // Rows out of order, or of nobody; members twice; a slice of nothing.
    let key = ReplicaNode.identities[0].wireBytes
    for bytes in [[1] + key + [2, 0, 1, 1, 0, 1, 1], [2] + key + key + [0], [1] + key + [0]] {
      #expect((try? RowTable(wireBytes: bytes)) == nil)
    }
    let member = Member(identity: ReplicaNode.identities[0], stamp: 1).wireBytes
    #expect((try? MemberTable(wireBytes: [2] + member + member)) == nil)
    #expect((try? MemberTable(wireBytes: [1] + member)) != nil)
    for count in [0, KeyValueLimits.valueSliceBytesMax + 1] {
      let wish = ValueRequest(key: [1], version: Self.version, offset: 0, count: UInt32(count))
      #expect((try? ValueRequest(wireBytes: wish.wireBytes)) == nil)
    }
    let wish = ValueRequest(key: [], version: Self.version, offset: 0, count: 1)
    #expect((try? ValueRequest(wireBytes: wish.wireBytes)) == nil)
    #expect((try? MemberBook(wireBytes: [2, 0, 0])) == nil)
  }

  // MARK: Bodies of pushes

  private static let items: [PushItem] = [
    .effect(.set(key: [1], kind: .bytes, value: [2], version: version, expiry: 9)),
    .effect(.set(key: [2], kind: .replicated, value: [], version: version, expiry: 0)),
    .effect(.delete(key: [3], version: version)),
    .effect(.expire(key: [4], version: version, expiry: 5)),
    .gone(key: [5], version: version),
    .large(
      LargeValue(
        key: [6], version: version, kind: .bytes, expiry: 1, size: 1 << 20, digest: .zero)),
  ]

  private func push(_ body: (isCompressed: Bool, body: [UInt8])) -> PushRequest {
    PushRequest(
      stream: 1, start: 0, sequence: 0, through: 0, isCompressed: body.isCompressed,
      body: body.body)
  }

  @Test func items_shouldBeReadAsTheyWereWritten_compressedOrNot() throws {
    let codec = PushCodec()
    for copies in [1, 100] {
      var bytes: [UInt8] = []
      for _ in 0..<copies { for item in Self.items { PushCodec.append(item, to: &bytes) } }
      let body = codec.body(bytes)
      #expect(body.isCompressed == (copies > 1))
      let all = (0..<copies).flatMap { _ in Self.items }
      #expect(try codec.items(of: push(body)) == all)
    }
  }

  @Test func itemsThatOnlyTheStoreMayWrite_shouldBeRefused() {
    let codec = PushCodec()
    var bytes: [UInt8] = []
    PushCodec.append(.effect(.floor(5)), to: &bytes)
    for body in [bytes, [5], [99], [1]] {
      #expect(throws: WireError.self) { try codec.items(of: push((false, body))) }
    }
  }

  @Test func itemsAndBytesOfAPush_shouldBeLimited() {
    let codec = PushCodec()
    var bytes: [UInt8] = []
    for _ in 0...KeyValueLimits.pushItemsMax {
      PushCodec.append(.gone(key: [1], version: Self.version), to: &bytes)
    }
    #expect(throws: WireError.self) { try codec.items(of: push((false, bytes))) }
    let most = [UInt8](repeating: 0, count: KeyValueLimits.pushBodyBytesMax + 1)
    #expect((try? PushRequest(wireBytes: push((false, most)).wireBytes)) == nil)
    // A frame that would become larger than that.
    let body = codec.body(most)
    #expect(body.isCompressed)
    #expect(throws: WireError.self) { try codec.items(of: push(body)) }
  }

  // MARK: Queues

  @Test func waitingKeys_shouldBeLimited_byNumberAndBytes() {
    var queue = PushQueue()
    let long = [UInt8](repeating: 1, count: KeyValueLimits.keyBytesMax - 4)
    var added = 0
    while added < KeyValueLimits.queuedKeysMax {
      var key = long
      withUnsafeBytes(of: UInt32(added).bigEndian) { key += $0 }
      guard queue.add(key, before: 1) == .added else { break }
      added += 1
    }
    #expect(added == KeyValueLimits.queuedKeyBytesMax / KeyValueLimits.keyBytesMax)
    #expect(queue.clear() == added && queue.isEmpty)
  }

  @Test func aQueue_shouldKeepTheOrder_andWhatComesBackIsFirst() {
    for seed in 0..<50 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      var queue = PushQueue()
      // Keys in order, each with the ticks before which nothing waits.
      var model: [(key: [UInt8], before: UInt64)] = []
      var clock: UInt64 = 1
      for _ in 0..<3_000 {
        clock += 1
        switch random.below(10) {
        case 0..<6:
          let key = [UInt8(random.below(200))]
          let isWaiting = model.contains { $0.key == key }
          #expect(queue.add(key, before: clock) == (isWaiting ? .coalesced : .added))
          if !isWaiting { model.append((key, clock)) }
        case 6..<9:
          let next = queue.next()
          #expect(next?.key == model.first?.key)
          if !model.isEmpty { model.removeFirst() }
        default:
          guard model.count > 2 else { continue }
          let taken = (0..<2).compactMap { _ in queue.next() }
          model.removeFirst(2)
          // Meanwhile one of them is written again.
          _ = queue.add(taken[1].key, before: clock)
          queue.putBack(taken)
          model = taken.map { ($0.key, $0.before) } + model
        }
        #expect(queue.count == model.count)
        let least = model.map(\.before).min()
        if let before = queue.before, let least { #expect(before <= least, "seed \(seed)") }
      }
    }
  }

  @Test func aStream_shouldCount_whatHasNoGap() {
    func push(_ stream: UInt64, _ sequence: UInt64) -> PushRequest {
      PushRequest(
        stream: stream, start: 10, sequence: sequence, through: 0, isCompressed: false, body: [])
    }
    var stream = IncomingStream()
    stream.saw(push(5, 0))
    stream.stored(stream: 5, sequence: 1, through: 30, whole: true)
    #expect(stream.through == 0)
    stream.stored(stream: 5, sequence: 0, through: 20, whole: true)
    #expect(stream.through == 30)
    stream.stored(stream: 5, sequence: 2, through: 40, whole: false)
    stream.stored(stream: 5, sequence: 3, through: 50, whole: true)
    #expect(stream.through == 30)
    // A new one begins, and what is left of the old one counts no more.
    stream.saw(push(6, 0))
    stream.stored(stream: 5, sequence: 4, through: 60, whole: true)
    #expect(stream.through == 0 && stream.start == 10)
    // More than can be under way are ahead of one that does not come.
    for sequence in 1...UInt64(KeyValueLimits.pushesUnderWayMax + 1) {
      stream.stored(stream: 6, sequence: sequence, through: 70, whole: true)
    }
    stream.stored(stream: 6, sequence: 0, through: 65, whole: true)
    #expect(stream.through == 0)
  }

  @Test func rows_shouldTellWhatAllHave() {
    let (a, b) = (ReplicaNode.identities[0], ReplicaNode.identities[1])
    var rows = RowTable()
    rows.add(MemberRow(stamp: 1, have: [a: 5, b: 9]), of: a)
    #expect(rows.common(to: [a, b]) == nil && rows.common(to: []) == nil)
    rows.add(MemberRow(stamp: 1, have: [a: 4, b: 7]), of: b)
    #expect(rows.common(to: [a, b]) == 4)
    // A later word counts, also if it is less: who lost its memory says so.
    rows.add(MemberRow(stamp: 2, have: [b: 7]), of: b)
    #expect(rows.common(to: [a, b]) == 0)
    rows.add(MemberRow(stamp: 1, have: [a: 9, b: 9]), of: b)
    #expect(rows.common(to: [a, b]) == 0)
    rows.keep([a])
    #expect(rows.common(to: [a]) == 5 && rows.rows[a]?.have == [a: 5])
  }
}
