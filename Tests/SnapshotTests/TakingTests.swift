import Compression
import Ledger
import Primitives
import Snapshot
import StateTrie
import Storage
import Streams
import TestSupport
import Testing

@Suite struct TakingTests {
  @Test(arguments: SnapshotWorld.Place.allCases)
  func snapshot_shouldHaveTheWholeState_whereverTheChainIs(place: SnapshotWorld.Place) throws {
    let world = try SnapshotWorld(place)
    try world.grow(to: 8)
    let expected = world.items
    let files = try world.take()
    #expect(try files.items() == expected)
    #expect(files.manifest.anchor.block == world.chain.head.withoutBody)
    #expect(files.manifest.anchor.election.number == 0)
    #expect(files.manifest.chain == world.genesis.hash)
    #expect(files.manifest.items == UInt64(expected.count))
    #expect(try files.verify())
    // The block leads from the election block as macro sync wants it.
    let joining = Blockchain(genesis: world.genesis, state: .missing)
    #expect(try joining.verify(files.manifest.anchor.macroChain).blocks.count == 1)
  }

  @Test func snapshots_shouldBeEqual_whoeverTakesThem() throws {
    let names = try SnapshotWorld.Place.allCases.map { place in
      let world = try SnapshotWorld(place)
      try world.grow(to: 4)
      let options = SnapshotOptions(level: place == .disk ? 9 : 1)
      return try world.take(options).hash
    }
    #expect(Set(names).count == 1)
  }

  @Test func chunks_shouldHaveAsManyPiecesAsFit() throws {
    let world = try SnapshotWorld(accounts: 12_000)
    try world.grow(to: 4)
    let whole = try world.take()
    // Too few items for as many pieces as are aimed at.
    let most = SnapshotLimits.smallPieceItems
    let count = (world.items.count + most - 1) / most
    #expect(count < SnapshotLimits.piecesAimed)
    #expect(whole.pieceCount == count && whole.manifest.chunks.count == 1)
    try world.grow(to: 8)
    let cut = try world.take(SnapshotOptions(chunkBytes: 1))
    #expect(cut.manifest.chunks.count == count)
    #expect(cut.manifest.chunks.allSatisfy { $0.pieces.count == 1 })
    #expect(try cut.items() == world.items)
    for piece in 0..<cut.pieceCount {
      #expect(cut.chunk(ofPiece: piece) == piece)
      #expect(try cut.chunkFile(piece) == cut.frame(ofPiece: piece))
    }
    #expect(whole.pieces(ofChunk: 0) == 0..<count)
    let largest = whole.manifest.chunks.map(\.rawBytes).max() ?? 0
    #expect(largest <= SnapshotLimits.defaultChunkBytes)
  }

  @Test(arguments: SnapshotWorld.Place.allCases)
  func state_shouldNotBeRead_whenTheHeadIsAnother(place: SnapshotWorld.Place) throws {
    let world = try SnapshotWorld(place)
    func reading(_ hash: Hash256? = nil) throws -> MacroStateReading<Bool> {
      try world.chain.readMacroState(of: hash) { _ in true }
    }
    guard case .unanchored = try reading() else {
      Issue.record("the first block has no election block before it")
      return
    }
    try world.grow(to: 4)
    let macro = world.chain.headHash
    guard case .read = try reading(macro), case .otherHead = try reading(.zero) else {
      Issue.record("the macro block is the head")
      return
    }
    try world.grow()
    guard case .otherHead = try reading(macro), case .otherHead = try reading() else {
      Issue.record("the head is no macro block")
      return
    }
    // Taken back, the state is there again, and the chain goes on.
    let head = world.items
    let before = try world.chain.readLastMacroState { (state) throws(LedgerStoreError) in
      #expect(state.point.block.hash == macro)
      return try state.chunk(from: .empty, limit: 5_000, bytesMax: .max)
    }
    guard case .read(let chunk) = before else {
      Issue.record("the blocks since were not taken back: \(before)")
      return
    }
    _ = try chunk.verify(
      from: .empty, edges: .both, stateRoot: world.chain.macroHead.header.stateRoot)
    #expect(world.items == head && chunk.items != head)
    try world.grow(to: 8)
    guard case .read = try reading() else { return }
  }

  @Test func state_shouldNotBeRead_whenItIsNotHeld() throws {
    let world = try SnapshotWorld()
    let empty = Blockchain(genesis: world.genesis, state: .missing)
    guard case .incomplete = try empty.readMacroState(of: nil, { _ in true }) else {
      Issue.record("a chain without state has one")
      return
    }
  }

  @Test func taking_shouldLeaveNothing_whenItGivesWayOrTheDiskIsFull() throws {
    let world = try SnapshotWorld(accounts: 12_000)
    try world.grow(to: 4)
    var asked = 0
    let reading = try world.chain.readMacroState { state in
      Result { () throws(SnapshotError) in
        try SnapshotTaking.take(
          state, chain: .zero, into: world.directory, options: SnapshotOptions()
        ) { _ in
          asked += 1
          return asked < 3
        }
      }
    }
    guard case .read(.failure(let error)) = reading else {
      Issue.record("it went on")
      return
    }
    #expect(error == .gaveWay && asked == 3)
    #expect(try world.directory.content() == SnapshotDirectory.Content())
  }
}
