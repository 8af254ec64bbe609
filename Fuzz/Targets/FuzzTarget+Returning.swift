import Primitives
import Reconciliation
import StateReconciliation
import StateTrie

extension FuzzTarget {
  static let returning: [FuzzTarget] = [returningMessages, outline]

  /// Requests and answers of nodes that come back.
  private static let returningMessages = wire(
    "returning-messages",
    [
      .init(RequestSubtrees.self) {
        [
          .init(block: .zero, queries: []),
          .init(
            block: .zero,
            queries: [
              .init(key: .empty, wantsItems: false),
              .init(key: KeyNibbles(bytes: [1, 2]), wantsItems: true),
            ]),
        ]
      },
      .init(SubtreesResponse.self) { [.unavailable, .parts(parts)] },
      .init(RequestSymbols.self) { [.init(block: .zero, start: 3, count: 1_000)] },
      .init(SymbolsResponse.self) {
        let symbols = (0..<5).map {
          CodedSymbol(sum: ShortID(UInt64($0) << 40), checksum: 77, count: Int64($0))
        }
        return [
          .preparing, .unavailable,
          .symbols(
            .init(
              salt: SipKey(low: 1, high: .max), items: 1_000, available: 700, start: 9,
              symbols: symbols)),
        ]
      },
      .init(RequestAccounts.self) {
        [
          .init(
            block: .zero,
            queries: [
              .init(prefix: 0, isKeyKnown: true), .init(prefix: 1, isKeyKnown: false),
              .init(prefix: .max, isKeyKnown: true),
            ])
        ]
      },
      .init(AccountsResponse.self) {
        let item = TrieItem(key: KeyNibbles(bytes: [1, 2, 3]), value: [4])
        return [.unavailable, .parts([.value([]), .value([1, 2]), .items([]), .items([item])])]
      },
    ])

  private static var parts: [SubtreePart] {
    FuzzWorld.all.flatMap { world -> [SubtreePart] in
      guard let node = try? world.trie.node(at: .empty) else { return [] }
      return [.node(node), .items([TrieItem(key: KeyNibbles(bytes: [7]), value: [1])])]
    }
  }

  /// What no honest peer says is never taken in, and leaves nothing behind.
  private static let outline = FuzzTarget(
    "returning-outline", seeds: { [SubtreesResponse.parts(parts).wireBytes] },
    check: { input in
      guard case .parts(let parts)? = try? SubtreesResponse(wireBytes: input) else { return }
      for world in FuzzWorld.all {
        guard let root = world.trie.rootHash(), let top = try? world.trie.node(at: .empty) else {
          continue
        }
        var core = DescentCore(root: root, ownItems: 10)
        let queries = core.next()
        let (children, fault) = core.take(parts, of: queries)
        if case .node(let node)? = parts.first, node == top { continue }
        try demand(children.isEmpty && (fault != nil || parts.isEmpty), "a lie was taken in")
        try demand(core.outline.isEmpty && core.next() == queries, "a lie left something behind")
      }
    })
}
