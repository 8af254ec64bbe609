import CRDT
import Primitives
import Reconciliation

/// The question of a comparison by logs: what changed since this version, and which part of the
/// answer is wanted.
package struct DeltaQuestion: WireCodable, Hashable {
  package let version: VersionVector
  let page: Int

  package init(version: VersionVector, page: Int) {
    self.version = version
    self.page = page
  }

  /// The number of the part (varint), and the version.
  package init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    let page = try decoder.uint64()
    guard page < UInt64(DeltaLimits.answerPagesMax) else {
      throw .lengthTooLarge(page, limit: DeltaLimits.answerPagesMax - 1, at: start)
    }
    self.page = Int(page)
    version = try decoder.value()
  }

  package func encode(to encoder: inout WireEncoder) {
    encoder.append(count: page)
    encoder.append(version)
  }
}

/// One part of the answer: the other side's version, and names of the records that it has written
/// since, in order.
package struct DeltaAnswer: WireCodable, Hashable {
  package let version: VersionVector
  /// Parts in all, one at least.
  package let pages: Int
  package let ids: [RecordID]

  package init(version: VersionVector, pages: Int, ids: [RecordID]) {
    self.version = version
    self.pages = pages
    self.ids = ids
  }

  /// The version, the number of parts (varint), and a varint count of ids of 16 bytes, ascending.
  package init(from decoder: inout WireDecoder) throws(WireError) {
    version = try decoder.value()
    let start = decoder.offset
    let pages = try decoder.uint64()
    guard pages > 0, pages <= UInt64(DeltaLimits.answerPagesMax) else {
      throw .lengthTooLarge(pages, limit: DeltaLimits.answerPagesMax, at: start)
    }
    self.pages = Int(pages)
    ids = try decoder.array(
      elementBytes: RecordID.byteCount, limit: DeltaLimits.answerIDsMax)
    guard zip(ids, ids.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw .keysNotIncreasing(at: start)
    }
  }

  package func encode(to encoder: inout WireEncoder) {
    encoder.append(version)
    encoder.append(count: pages)
    encoder.append(ids)
  }
}
