import BinaryDifference
import Primitives

/// Large values go as patches of older ones (`BinaryDifference`).
///
/// The asking side offers a signature of its older value: for each block a rolling hash and some
/// bytes of BLAKE2b-256, as rsync does. The other side answers with the smallest of: the value in a
/// zstd frame, copies and inserts, and, if it once held that older value itself, a zstd frame that
/// refers to it. What is not smaller than the value is not used. Both hashes, of base and target,
/// are compared when a patch is applied, and nothing is allocated for a value of another size than
/// its record says.
public struct PatchTransfer: ValueTransfer {
  /// What is offered of an older value.
  public enum Offering: Sendable, Hashable {
    /// Its parts, so that everybody can make a patch: some 4 % of it.
    case signature
    /// Its hash, 32 bytes, for peers that keep what they held.
    case digest
  }

  private let offering: Offering
  private let past: (any PastValues)?
  private let policy: PatchPolicy

  /// - Parameters:
  ///   - past: values that this side once held; nil if it keeps none.
  ///   - level: zstd's level, 1…19.
  public init(
    offering: Offering = .signature, past: (any PastValues)? = nil, level: Int = 1
  ) {
    self.offering = offering
    self.past = past
    policy = PatchPolicy(level: level, plainBytesMax: ReconciliationLimits.inlineValueBytesMax)
  }

  /// Nil if offer and the shortest patch would take more than
  /// `ReconciliationLimits.patchShareMax` of the value.
  public func offer(of base: [UInt8], for size: Int) -> [UInt8]? {
    let block = BlockSignature.recommendedBlockBytes(baseBytes: base.count)
    let strong = BlockSignature.safeStrongBytes(baseBytes: base.count, blockBytes: block)
    let blocks = (base.count + block - 1) / block
    let parts = offering == .digest ? 0 : blocks * (4 + strong)
    // An edit costs a block, and the hashes come with the offer and with the patch.
    let least = parts + block + 3 * Hash256.byteCount
    guard Double(least) <= Double(size) * ReconciliationLimits.patchShareMax else { return nil }
    let hashed = HashedBytes(base)
    switch offering {
    case .digest: return PatchOffer.digest(hashed.hash).wireBytes
    case .signature:
      return BaseSignature(blocksOf: hashed, blockBytes: block).map {
        PatchOffer.signature($0).wireBytes
      }
    }
  }

  public func patch(to value: [UInt8], from offer: [UInt8]) -> [UInt8]? {
    guard value.count > policy.plainBytesMax, let offer = try? PatchOffer(wireBytes: offer) else {
      return nil
    }
    let target = HashedBytes(value)
    var choice: PatchChoice?
    if let base = past?.value(named: offer.baseHash) {
      let known = HashedBytes(base, knownHash: offer.baseHash)
      choice = PatchChoice(base: known, target: target, policy: policy)
    } else if case .signature(let signature) = offer {
      choice = PatchChoice(signature: signature, target: target, policy: policy)
    } else {
      choice = PatchChoice(base: nil, target: target, policy: policy)
    }
    guard let patch = choice?.patch, patch.method != .plain else { return nil }
    let bytes = patch.wireBytes
    return bytes.count < value.count ? bytes : nil
  }

  public func value(
    of patch: [UInt8], base: [UInt8], size: Int
  ) throws(ReconciliationError) -> [UInt8]? {
    let read = try reading("a patch") { () throws(WireError) in try Patch(wireBytes: patch) }
    guard read.targetBytes == size else {
      throw .contradiction("a patch to \(read.targetBytes) bytes of a value of \(size)")
    }
    do throws(BinaryDifferenceError) {
      return try read.target(from: read.method.needsBase ? HashedBytes(base) : nil, limit: size)
    } catch {
      // Blocks of one hash that are not equal: rare by chance, and cheap to make for who may write
      // values. The other side cannot know.
      if read.method == .copyInsert, error.isWrongTarget { return nil }
      throw .contradiction("a patch: \(error)")
    }
  }
}
