import Glibc
import Ledger
import LiveSync
import Messages
import Networking
import Peers
import Primitives
import StateTrie
import TestSupport
import Testing

/// What budgets charge is what messages take: compared with the memory of a process.
@Suite struct HeldMemoryTests {
  /// Resident bytes of this process.
  private static func residentBytes() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var numbers = [CLong](repeating: 0, count: 2)
    var text = [CChar](repeating: 0, count: 128)
    guard fgets(&text, 128, file) != nil else { return 0 }
    let words = text.split(separator: 32)
    for (index, word) in words.prefix(2).enumerated() {
      numbers[index] = word.reduce(0) { $0 * 10 + CLong($1) - 48 }
    }
    return numbers[1] * sysconf(CInt(_SC_PAGESIZE))
  }

  /// Reads `wire` until so much is charged, in a copy of the process, and tells by how many percent
  /// more memory that took.
  private static func excess<Message: WireCodable & HeapSized>(
    of _: Message.Type, wire: [UInt8], until most: Int
  ) -> Int32 {
    let end = ForkedRun.run {
      var held: [Message] = []
      held.reserveCapacity(4_096)
      // The first ones fill what was free.
      for _ in 0..<2 { if let message = try? Message(wireBytes: wire) { held.append(message) } }
      let before = residentBytes()
      var charged = 0
      while charged < most, held.count < 4_096 {
        guard let message = try? Message(wireBytes: wire) else { return 255 }
        charged += message.memoryBytes
        held.append(message)
      }
      let taken = residentBytes() - before
      return Int32(min(200, max(0, (taken - charged) * 100 / charged)))
    }
    guard case .returned(let percent) = end else { return 254 }
    return percent
  }

  @Test func decodedMessages_shouldTakeNoMoreMemoryThanIsCharged() throws {
    let most = 96 << 20
    var found: [(String, Int32)] = []
    for body in LargestMessages.bodies {
      found.append(("body", Self.excess(of: BlockBody.self, wire: body.wireBytes, until: most)))
    }
    let announcement = LargestMessages.announcement
    found.append(
      (
        "header",
        Self.excess(of: HeaderAnnouncement.self, wire: announcement.wireBytes, until: most)
      ))
    for diff in try LargestMessages.diffs {
      found.append(("diff", Self.excess(of: TrieDiff.self, wire: diff.wireBytes, until: most)))
    }
    for chunk in LargestMessages.chunks {
      found.append(("chunk", Self.excess(of: TrieChunk.self, wire: chunk.wireBytes, until: most)))
    }
    // Pages that are not full.
    for (name, percent) in found { #expect(percent <= 12, "\(name): \(percent) %") }
  }

  /// The largest messages fit the share of one peer, so an honest one is never refused for them.
  @Test func largestMessages_shouldFitTheShareOfOnePeer() throws {
    for body in LargestMessages.bodies {
      let read = try BlockBody(wireBytes: body.wireBytes)
      let wire = BodyAnnouncement(blockHash: .zero, body: body).wireBytes.count
      #expect(wire <= Topic.blockBody.payloadBytesMax)
      #expect(2 * (wire + 100) <= NetworkingLimits.gossipBytes.perHolder)
      let half = read.memoryBytes + LargestMessages.announcement.memoryBytes
      #expect(half + 1_000 <= LiveSyncLimits.halvesBytes.perHolder)
      #expect(2 * half <= LiveSyncLimits.bufferedBlocksBytes.perHolder)
      #expect(2 * half <= LiveSyncLimits.forwardedBytes.perHolder)
      #expect(half <= LiveSyncLimits.externalBlocksBytes.perHolder)
    }
    for diff in try LargestMessages.diffs {
      #expect(try TrieDiff(wireBytes: diff.wireBytes).heapBytes <= LiveSyncLimits.diffsBytesMax)
    }
  }

  /// Answers as they came and decoded take no more than the room that is claimed for them.
  @Test func decodedAnswers_shouldFitTheRoomThatIsClaimed() throws {
    for diff in try LargestMessages.diffs {
      let wire = TrieDiffResponse.partialDiff(diff).wireBytes
      #expect(wire.count <= RequestType.trieDiff.responseBytesMax)
      let read = try TrieDiff(wireBytes: diff.wireBytes)
      let most = RequestType.trieDiff.responseBytesMax
      let room = PeerLimits.answerRoom(.trieDiff, answerBytes: most)
      #expect(wire.count + read.heapBytes <= room)
    }
    let small = BlockBody(
      transactions: (0..<4_096).map { LargestMessages.transaction($0, data: 1) })
    let block = Block(
      header: LargestMessages.header(1), justification: .genesis, nextValidators: nil, body: small)
    for count in [1, 9] {
      let blocks = Array(repeating: block, count: count)
      let wire = MissingBlocksResponse.blocks(blocks).wireBytes
      guard case .blocks(let read) = try MissingBlocksResponse(wireBytes: wire) else {
        Issue.record("no blocks")
        return
      }
      let room = PeerLimits.answerRoom(.missingBlocks, answerBytes: wire.count)
      #expect(wire.count + read.heapBytes <= room, "\(count)")
      #expect(wire.count <= RequestType.missingBlocks.responseBytesMax)
    }
  }

  @Test func answersOfManyParts_shouldBeRefused_beforeTheyAreHeld() throws {
    let entries = (0...LedgerLimits.diffEntriesMax).map {
      TrieDiff.Entry(key: LargestMessages.key($0), old: nil, new: [1])
    }
    let diff = TrieDiffResponse.partialDiff(try TrieDiff(entries: entries))
    #expect(throws: WireError.self) { try TrieDiffResponse(wireBytes: diff.wireBytes) }
    var chunk = LargestMessages.chunks[0]
    let nodes = Array(
      repeating: chunk.proof.nodes[0], count: StateTrieLimits.chunkProofNodesMax + 1)
    chunk.proof = TrieProof(nodes: nodes)
    #expect(throws: WireError.self) { try TrieChunk(wireBytes: chunk.wireBytes) }
  }
}
