import EventLog
import Ledger
import Networking
import Node
import Peers
import Primitives
import Reconciliation
import Runtime
import StateReconciliation
import StateTrie
import TestSupport
import Testing
import WorldSupport

/// Symbols that are kept current are those that are made anew.
@Suite struct SymbolBookTests {
  private typealias Items = CoreTests.Items

  private static let names = LeafNames(of: .zero, at: .zero)

  private static func prefix(
    _ items: Items, _ names: LeafNames, _ length: Int
  ) -> SymbolPrefix<ShortID> {
    SymbolPrefix(length: length, of: items.map { names.name(of: TrieItem(key: $0, value: $1)) })
  }

  private static func diff(_ old: Items, _ new: Items) throws -> TrieDiff {
    let keys = Set(old.keys).union(new.keys).sorted()
    return try TrieDiff(
      entries: keys.filter { old[$0] != new[$0] }.map {
        .init(key: $0, old: old[$0], new: new[$0])
      })
  }

  /// A block with its state.
  private struct Step {
    let id: BlockID
    let items: Items
    let isMacro: Bool
  }

  @Test(arguments: 0..<10 as Range<UInt64>)
  func book_shouldHaveTheSymbolsOfEachState_afterBlocksAndRebranches(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let length = 300 + random.below(1_000)
    func id(_ number: UInt32) -> BlockID {
      BlockID(number: number, hash: Blake2b256.hash(random.bytes(8)))
    }
    var chain = [Step(id: id(8), items: CoreTests.items(500, &random), isMacro: true)]
    var book = SymbolBook(
      Self.prefix(chain[0].items, Self.names, length), Self.names, at: chain[0].id, isMacro: true)
    var (names, entries) = (0, 0)
    for _ in 0..<60 {
      // Blocks are taken back, down to the last macro block at most.
      while chain.count > 1, random.chance(25), chain[chain.count - 1].isMacro == false {
        let last = chain.removeLast()
        let change = try Self.diff(chain[chain.count - 1].items, last.items)
        names += change.entries.reduce(0) { $0 + ($1.old == nil ? 0 : 1) + ($1.new == nil ? 0 : 1) }
        entries += change.entries.count
        let isBack = book.revert()
        #expect(isBack, "seed \(seed)")
      }
      let parent = chain[chain.count - 1]
      let isMacro = random.chance(15)
      let next = Step(
        id: id(parent.id.number + 1),
        items: isMacro ? parent.items : CoreTests.changed(parent.items, percent: 2, &random),
        isMacro: isMacro)
      let diff = try Self.diff(parent.items, next.items)
      names += diff.entries.reduce(0) { $0 + ($1.old == nil ? 0 : 1) + ($1.new == nil ? 0 : 1) }
      entries += diff.entries.count
      book.extend(to: next.id, isMacro: isMacro, by: diff)
      chain.append(next)
      #expect(
        book.prefix(after: next.id.hash)?.symbols
          == Self.prefix(next.items, Self.names, length).symbols, "seed \(seed)")
      #expect(book.prefix(after: next.id.hash)?.itemCount == next.items.count, "seed \(seed)")
    }
    // The last macro blocks are there as they were, and nothing else.
    let macros = chain.filter(\.isMacro).suffix(StateReconciliationLimits.shelvesMax)
    for step in chain {
      let isKept = macros.contains { $0.id == step.id } || step.id == book.head
      let expected = isKept ? Self.prefix(step.items, Self.names, length).symbols : nil
      #expect(book.prefix(after: step.id.hash)?.symbols == expected, "seed \(seed)")
    }
    // A block costs what it changes, whatever the size of the state.
    #expect(book.written == names && names <= 2 * entries, "seed \(seed)")
  }

  /// What a name costs: the symbols that it is part of, two times the logarithm of their number.
  @Test func name_shouldBePartOfFewSymbols() {
    var random = SeededGenerator(seed: 5)
    let most = SymbolBook.length(for: .max / 4)
    #expect(
      most * MemoryLayout<CodedSymbol<ShortID>>.stride <= StateReconciliationLimits.symbolBytesKept)
    #expect(SymbolBook.length(for: 1) == StateReconciliationLimits.symbolsMin)
    #expect(SymbolBook.length(for: 100_000) == 50_000)
    var steps = 0
    let names = 2_000
    for _ in 0..<names {
      var mapping = RatelessMapping(seed: ShortID(random.next()).mappingSeed)
      while mapping.index < most {
        steps += 1
        mapping.advance()
      }
    }
    // 2 ln(262,144 / 2) = 23.6.
    #expect((22...26).contains(Double(steps) / Double(names)), "\(steps)")
  }

  @Test(arguments: 0..<6 as Range<UInt64>)
  func largeSketch_shouldTakeFewSymbolsMoreThanItNeeds(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let differing = 10_000
    let common = (0..<5_000).map { _ in ShortID(random.next()) }
    let sides = (0..<2).map { _ in (0..<differing / 2).map { _ in ShortID(random.next()) } }
    let length = 20_000
    let prefixes = sides.map { SymbolPrefix(length: length, of: common + $0) }
    var (core, rounds) = (SketchCore(), 0)
    while !core.isComplete {
      let range = core.taken..<core.taken + (try #require(core.next))
      let answer = StateSymbols(
        salt: SipKey(low: 0, high: 0), items: 10_000, available: UInt32(length),
        start: UInt32(range.lowerBound),
        symbols: prefixes[0].symbols[range].map {
          CodedSymbol(sum: $0.sum, checksum: $0.checksum & 0xffff_ffff, count: $0.count)
        })
      try core.take(answer, local: prefixes[1].symbols[range])
      rounds += 1
    }
    #expect(core.differences == Double(differing), "seed \(seed)")
    #expect(differing > StateReconciliationLimits.symbolsAtOnceMax)
    // 1.36 for each are needed.
    #expect(core.taken < differing * 147 / 100, "seed \(seed): \(core.taken)")
    #expect(rounds <= 6, "seed \(seed): \(rounds)")
  }

  @Test func book_shouldForgetOldChanges_whenThereAreTooMany() throws {
    var random = SeededGenerator(seed: 6)
    var items = CoreTests.items(300, &random)
    let start = BlockID(number: 1, hash: .zero)
    #expect(StateReconciliationLimits.changedNamesMax > 40)
    var book = SymbolBook(
      Self.prefix(items, Self.names, 100), Self.names, at: start, isMacro: false,
      changedNamesMax: 40)
    var states = [items]
    for number in 2..<12 as Range<UInt32> {
      var next = items
      for key in items.keys.sorted().prefix(5) { next[key] = random.bytes(9) }
      book.extend(
        to: BlockID(number: number, hash: Blake2b256.hash([UInt8(number)])), isMacro: false,
        by: try Self.diff(items, next))
      items = next
      states.append(items)
    }
    // Ten names a block: four blocks can be taken back.
    for back in 1...4 {
      let isBack = book.revert()
      #expect(isBack)
      let expected = Self.prefix(states[states.count - 1 - back], Self.names, 100).symbols
      #expect(book.prefix(after: book.head.hash)?.symbols == expected)
    }
    let head = book.head
    let isBack = book.revert()
    #expect(!isBack && book.head == head)
  }

  @Test func book_shouldBeShort_onceTheStateHasGrownALot() throws {
    var random = SeededGenerator(seed: 7)
    let items = CoreTests.items(100, &random)
    var book = SymbolBook(
      Self.prefix([:], Self.names, StateReconciliationLimits.symbolsMin / 2), Self.names,
      at: BlockID(number: 1, hash: .zero), isMacro: false)
    #expect(book.isShort)
    book = SymbolBook(
      Self.prefix([:], Self.names, StateReconciliationLimits.symbolsMin), Self.names,
      at: BlockID(number: 1, hash: .zero), isMacro: false)
    book.extend(
      to: BlockID(number: 2, hash: .zero), isMacro: false, by: try Self.diff([:], items))
    #expect(!book.isShort)
  }
}

/// A host whose chain moves while others ask.
@Suite struct KeptSymbolsTests {
  private static func ask(
    _ world: TestWorld, _ block: Hash256, _ start: UInt32 = 0, _ count: UInt32 = 700
  ) async throws -> SymbolsResponse {
    try await world.network.endpoint(TestWorld.node).request(
      RequestSymbols(block: block, start: start, count: count), to: PeerID(1),
      timeout: .seconds(5))
  }

  /// The symbols that the state after `block` has, with the names of an answer.
  private static func expected(
    _ world: TestWorld, _ block: Hash256, _ salt: SipKey, _ range: Range<Int>
  ) throws -> [CodedSymbol<ShortID>] {
    let reading = try world.source.readState(after: block) { (state) throws(LedgerStoreError) in
      try StateSketch(
        state, names: LeafNames(salt: salt), length: StateReconciliationLimits.symbolsMin)
    }
    guard case .read(let sketch) = reading else { throw WorldError.chunkMissing }
    return sketch.prefix.symbols[range].map {
      CodedSymbol(sum: $0.sum, checksum: $0.checksum & 0xffff_ffff, count: $0.count)
    }
  }

  private static func expectTrue(_ world: TestWorld, _ block: Hash256) async throws {
    guard case .symbols(let answer) = try await ask(world, block, 5) else {
      Issue.record("no symbols of \(block)")
      return
    }
    #expect(answer.start == 5 && answer.symbols.count == 700)
    #expect(Int(answer.available) == StateReconciliationLimits.symbolsMin)
    let expected = try expected(world, block, answer.salt, 5..<705)
    #expect(answer.symbols == expected, "\(block)")
  }

  @Test func symbols_shouldBeMadeOnce_andKeptCurrentWithEachBlock() async throws {
    let world = try TestWorld(seed: 82)
    world.run {
      try await world.grow(8 * (StateReconciliationLimits.madeMacroBlocksMax + 2))
      world.addHonest(1..<2)
      StateReturnTests.host(world, 1..<2)
      let macro = world.source.view.macroHead.hash
      #expect(try await Self.ask(world, macro) == .preparing)
      _ = await world.wait(.seconds(1)) { false }
      try await Self.expectTrue(world, macro)
      // Older ones are not made any more, and no others than macro blocks.
      let old = try #require(world.source.block(at: 8))
      #expect(try await Self.ask(world, old.hash) == .unavailable)
      #expect(try await Self.ask(world, world.genesis.hash) == .unavailable)
      for _ in 0..<8 * (StateReconciliationLimits.shelvesMax + 1) {
        try await world.grow(1)
        // Not faster than a peer may ask.
        _ = await world.wait(.seconds(1)) { false }
        let head = world.source.headHash
        try await Self.expectTrue(world, head)
        let last = world.source.view.macroHead.hash
        try await Self.expectTrue(world, last)
        // Between blocks too: a micro block behind the head is not there any more.
        if world.source.head.kind == .micro, world.source.head.parentHash != last {
          let parent = world.source.head.parentHash
          #expect(try await Self.ask(world, parent) == .unavailable)
        }
      }
      #expect(try await Self.ask(world, macro) == .unavailable)
    }
  }

  @Test(arguments: 0..<4 as Range<UInt64>)
  func symbols_shouldFollowRebranches(_ seed: UInt64) async throws {
    let world = try TestWorld(seed: 84 + seed)
    world.run {
      var random = SeededGenerator(seed: seed)
      try await world.grow(16)
      world.addHonest(1..<2)
      StateReturnTests.host(world, 1..<2)
      #expect(try await Self.ask(world, world.source.headHash) == .preparing)
      _ = await world.wait(.seconds(1)) { false }
      for _ in 0..<5 {
        let base = world.source.headHash
        try await world.grow(1 + random.below(3))
        let reverted = world.source.headHash
        try await Self.settle(world)
        try await Self.expectTrue(world, reverted)
        // A branch that becomes the longer one.
        var tip = try world.producer.skip(on: base).block
        try world.source.push(tip)
        while world.source.headHash != tip.hash {
          tip = try world.producer.next(on: tip.hash).block
          try world.source.push(tip)
        }
        #expect(!world.source.view.isOnMainChain(reverted), "seed \(seed)")
        try await Self.settle(world)
        try await Self.expectTrue(world, tip.hash)
        #expect(try await Self.ask(world, reverted) == .unavailable)
        try await world.grow(1)
        try await Self.settle(world)
        try await Self.expectTrue(world, world.source.headHash)
        while !world.source.head.kind.isMacro { try await world.grow(1) }
        try await Self.settle(world)
      }
    }
  }

  private static func settle(_ world: TestWorld) async throws {
    _ = await world.wait(.seconds(1)) { false }
  }
}
