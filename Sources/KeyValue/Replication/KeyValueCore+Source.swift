import CRDT
import Primitives
import Reconciliation

extension KeyValueCore: ReplicationSource {
  public var refusesWrites: Bool { writeRefusal != nil }

  /// The hash of the number of records and the sum of their ids.
  public mutating func root() -> Hash256 {
    let node = recordTree.roughNode(.root)
    var encoder = WireEncoder()
    encoder.append(count: node.count)
    encoder.append(node.sum.high)
    encoder.append(node.sum.low)
    return Blake2b256.hash(encoder.bytes)
  }

  private borrowing func number(of key: [UInt8]) -> UInt32? {
    key.withUnsafeBytes { table.find($0, table.hash($0)) }
  }

  public func version(of key: [UInt8]) -> HybridTime? { number(of: key).map { table.version($0) } }

  public func pushItem(of key: [UInt8]) -> PushItem? {
    guard let number = number(of: key), let view = view(of: number) else { return nil }
    guard view.value.count > KeyValueLimits.pushValueBytesMax else { return .effect(view.effect) }
    return .large(
      LargeValue(
        key: key, version: view.version, kind: view.kind, expiry: view.expiry,
        size: UInt64(view.value.count),
        digest: StoredContent.digest(
          view.kind, view.version.replica, view.expiry, view.value)))
  }

  public func slice(
    of key: [UInt8], _ version: HybridTime, from offset: UInt64, count: Int
  ) -> [UInt8]? {
    guard let number = number(of: key), let view = view(of: number), view.kind.hasValue,
      view.version == version, offset <= UInt64(view.value.count)
    else { return nil }
    return Array(view.value.dropFirst(Int(offset)).prefix(count))
  }
}
