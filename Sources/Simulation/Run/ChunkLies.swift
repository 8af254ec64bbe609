import Ledger
import Messages
import Networking
import Primitives
import StateTrie

/// Chunks made wrong; nil where nothing is to be made wrong.
enum ChunkLies {
  static func lie(
    _ kind: LiarKind, _ payload: [UInt8], earlier: ([UInt8]) -> [UInt8]?
  ) -> [UInt8]? {
    guard case .chunk(let number, let hash, let chunk)? = try? ChunkResponse(wireBytes: payload)
    else { return nil }
    switch kind {
    case .chunkOfNoBlock:
      return ChunkResponse.chunk(number: number, hash: Blake2b256.hash(hash.bytes), chunk).wireBytes
    case .undecodableChunk: return Array(payload.dropLast(max(1, payload.count / 3)))
    case .oversizeChunk:
      return payload
        + [UInt8](
          repeating: 0, count: max(1, RequestType.chunk.responseBytesMax - payload.count + 1))
    case .otherAnswer: return earlier(payload)
    case .chunkOfOtherBlock:
      guard let before = earlier(payload),
        case .chunk(let otherNumber, let otherHash, let other)? = try? ChunkResponse(
          wireBytes: before)
      else { return nil }
      // Of an earlier block, but said to be of this one; or of this one, but said to be earlier.
      return otherHash == hash
        ? nil
        : number % 2 == 0
          ? ChunkResponse.chunk(number: number, hash: hash, other).wireBytes
          : ChunkResponse.chunk(number: otherNumber, hash: otherHash, chunk).wireBytes
    default:
      return changed(kind, chunk).map {
        ChunkResponse.chunk(number: number, hash: hash, $0).wireBytes
      }
    }
  }

  /// One value is longer.
  static func wrongValue(_ payload: [UInt8]) -> [UInt8]? {
    guard case .chunk(let number, let hash, var chunk)? = try? ChunkResponse(wireBytes: payload),
      !chunk.items.isEmpty
    else { return nil }
    chunk.items[chunk.items.count / 2].value.append(0)
    return ChunkResponse.chunk(number: number, hash: hash, chunk).wireBytes
  }

  private static func changed(_ kind: LiarKind, _ chunk: TrieChunk) -> TrieChunk? {
    var chunk = chunk
    let middle = chunk.items.count / 2
    switch kind {
    case .omittedKey:
      guard !chunk.items.isEmpty else { return nil }
      chunk.items.remove(at: middle)
    case .extraKey:
      guard let item = chunk.items.indices.contains(middle) ? chunk.items[middle] : nil,
        let key = following(item.key), chunk.items.allSatisfy({ $0.key != key })
      else { return nil }
      chunk.items.insert(TrieItem(key: key, value: item.value), at: middle + 1)
    case .keyOutside:
      guard let last = chunk.items.last, let end = chunk.end, let key = following(end) else {
        return nil
      }
      chunk.items.append(TrieItem(key: key, value: last.value))
    case .unsorted:
      guard chunk.items.count > 1 else { return nil }
      chunk.items.swapAt(middle, middle - 1)
    case .earlyEnd:
      guard chunk.end != nil else { return nil }
      chunk.end = nil
    case .lateEnd:
      guard let end = chunk.end, let later = following(end).flatMap(following) else { return nil }
      chunk.end = later
    case .overlappingEnd:
      guard let last = chunk.items.last else { return nil }
      chunk.end = last.key
    case .noProof:
      guard !chunk.proof.nodes.isEmpty else { return nil }
      chunk.proof = TrieProof(nodes: [])
    case .truncatedProof:
      guard !chunk.proof.nodes.isEmpty else { return nil }
      chunk.proof.nodes.removeLast()
    case .bloatedProof:
      let nodes = chunk.proof.nodes
      guard !nodes.isEmpty, nodes.count * 2 <= StateTrieLimits.chunkProofNodesMax else {
        return nil
      }
      chunk.proof.nodes = nodes + nodes
    default: return nil
    }
    return chunk
  }

  /// The next key of the same length, if there is one.
  private static func following(_ key: KeyNibbles) -> KeyNibbles? {
    var bytes = key.bytes
    guard let place = bytes.lastIndex(where: { $0 < 255 }) else { return nil }
    bytes[place] += 1
    for index in bytes.indices where index > place { bytes[index] = 0 }
    return KeyNibbles(bytes: bytes)
  }
}

/// Diffs made wrong.
enum DiffLies {
  static func lie(
    _ kind: LiarKind, _ payload: [UInt8], earlier: ([UInt8]) -> [UInt8]?
  ) -> [UInt8]? {
    guard case .partialDiff(let diff)? = try? TrieDiffResponse(wireBytes: payload) else {
      return nil
    }
    switch kind {
    case .undecodableDiff: return Array(payload.dropLast(max(1, payload.count / 3)))
    case .unknownDiff: return TrieDiffResponse.unknownBlockHash.wireBytes
    case .otherDiff: return earlier(payload)
    case .wrongOld:
      return changed(diff) { $0[$0.count / 2].old = ($0[$0.count / 2].old ?? []) + [0] }
    case .hugeDiff:
      return changed(diff) { entries in
        let last = entries[entries.count - 1]
        var bytes = last.key.bytes
        guard bytes.count == Address.byteCount, bytes[0] < 255 else { return }
        bytes[0] = 255
        for index in 0..<1_000 {
          (bytes[1], bytes[2]) = (UInt8(index >> 8), UInt8(index & 255))
          let key = KeyNibbles(bytes: bytes)
          if key > entries[entries.count - 1].key {
            entries.append(.init(key: key, old: nil, new: last.new ?? [1]))
          }
        }
      }
    default: return nil
    }
  }

  private static func changed(
    _ diff: TrieDiff, _ change: (inout [TrieDiff.Entry]) -> Void
  ) -> [UInt8]? {
    guard !diff.entries.isEmpty else { return nil }
    var entries = diff.entries
    change(&entries)
    guard let wrong = try? TrieDiff(entries: entries) else { return nil }
    return TrieDiffResponse.partialDiff(wrong).wireBytes
  }
}
