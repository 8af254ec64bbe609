import CRDT
import KeyValue
import Networking
import Primitives

extension FuzzTarget {
  /// Messages of replication of the key-value store.
  static let keyValueReplication: [FuzzTarget] = [messages, pushItems]

  private static let identities = (1...3).map {
    NodeIdentity(key: PublicKey(raw: Hash256(words: (UInt64($0), 0, 0, 0))))
  }

  private static var gossip: ClusterGossip {
    var members = MemberTable()
    var rows = RowTable()
    for (number, identity) in identities.enumerated() {
      _ = members.add(
        Member(
          identity: identity, name: "n", addresses: ["h:1"], stamp: 5, isRemoved: number == 2))
      rows.add(MemberRow(stamp: 3, have: [identities[0]: 9]), of: identity)
    }
    return ClusterGossip(members: members, rows: rows)
  }

  /// The forms, in the order in which the first byte chooses them.
  private static var seeds: [[UInt8]] {
    let version = HybridTime(ticks: 5, replica: ReplicaID(6))
    let body = HelloBody(proof: .zero, clock: 1, floor: 2, gossip: gossip)
    let state = RoundState(root: .zero, clock: 1, floor: 2, gossip: gossip)
    var book = MemberBook()
    book.table = gossip.members
    book.pins = ["h:1": identities[0]]
    let forms: [[[UInt8]]] = [
      [HelloRequest(body: body).wireBytes],
      [HelloAnswer.accepted(body).wireBytes, HelloAnswer.refused(.removed).wireBytes],
      [RoundRequest(state: state, synced: 7, isForced: true).wireBytes],
      [RoundAnswer.state(state).wireBytes, RoundAnswer.later.wireBytes],
      [
        PushRequest(
          stream: 1, start: 2, sequence: 3, through: 4, isCompressed: false, body: [1]
        ).wireBytes
      ],
      [PushAnswer.taken(refused: [.init(place: 3, reason: .busy)]).wireBytes],
      [ValueRequest(key: [1], version: version, offset: 2, count: 3).wireBytes],
      [ValueSlice(bytes: [1, 2]).wireBytes],
      [book.wireBytes],
    ]
    return forms.enumerated().flatMap { form in
      form.element.map { [UInt8(form.offset)] + $0 }
    }
  }

  private static let messages = FuzzTarget(
    "key-value-messages", seeds: { seeds },
    check: { input in
      guard let choice = input.first else { return }
      let bytes = Array(input.dropFirst())
      switch choice % 9 {
      case 0: try reread(HelloRequest.self, bytes)
      case 1: try reread(HelloAnswer.self, bytes)
      case 2: try reread(RoundRequest.self, bytes)
      case 3: try reread(RoundAnswer.self, bytes)
      case 4: try reread(PushRequest.self, bytes)
      case 5: try reread(PushAnswer.self, bytes)
      case 6: try reread(ValueRequest.self, bytes)
      case 7: try reread(ValueSlice.self, bytes)
      default: try reread(MemberBook.self, bytes)
      }
    })

  private static func reread<Value: WireCodable>(_ type: Value.Type, _ bytes: [UInt8]) throws {
    guard let value = try? Value(wireBytes: bytes) else { return }
    try demand(value.wireBytes == bytes, "\(type) is read from bytes it would not write")
  }

  /// The first byte says whether the body is compressed. Items are written again as the same bytes.
  private static let pushItems = FuzzTarget(
    "key-value-push",
    seeds: {
      let version = HybridTime(ticks: 5, replica: ReplicaID(6))
      var bytes: [UInt8] = []
      let items: [PushItem] = [
        .effect(.set(key: [1], kind: .bytes, value: [2], version: version, expiry: 9)),
        .effect(.delete(key: [3], version: version)),
        .effect(.expire(key: [4], version: version, expiry: 5)),
        .gone(key: [5], version: version),
        .large(
          LargeValue(
            key: [6], version: version, kind: .bytes, expiry: 1, size: 1 << 20, digest: .zero)),
      ]
      for item in items { PushCodec.append(item, to: &bytes) }
      let long = (0..<20).flatMap { _ in bytes }
      return [[0] + bytes, [1] + PushCodec().body(long).body]
    },
    check: { input in
      guard let first = input.first else { return }
      let push = PushRequest(
        stream: 1, start: 0, sequence: 0, through: 0, isCompressed: first % 2 == 1,
        body: Array(input.dropFirst()))
      guard let items = try? PushCodec().items(of: push) else { return }
      try demand(items.count <= KeyValueLimits.pushItemsMax, "\(items.count) items")
      guard !push.isCompressed else { return }
      var again: [UInt8] = []
      for item in items { PushCodec.append(item, to: &again) }
      try demand(again == push.body, "items are read from bytes they would not write")
    })
}
