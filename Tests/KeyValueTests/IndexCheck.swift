import KeyValue
import Primitives
import Reconciliation
import TestSupport
import Testing

/// Whether tree and sketch of a store are right.
enum IndexCheck {
  /// The record of an entry, made from the documented form of its content.
  static func record(_ view: EffectView) throws -> Record {
    var content = [view.kind.rawValue]
    content += withUnsafeBytes(of: view.version.replica.bits.bigEndian) { Array($0) }
    content += withUnsafeBytes(of: view.expiry.bigEndian) { Array($0) }
    content += view.value
    return try #require(
      Record(key: Array(view.key), version: view.version.ticks, value: content))
  }

  /// Tree and sketch must be those that are made anew of all entries.
  static func check(_ core: inout KeyValueCore, _ what: String) throws {
    var records: [Record] = []
    try core.forEachEntry { (view) throws in records.append(try record(view)) }
    #expect(core.recordCount == records.count, "\(what)")
    let kept = core.symbols
    let symbols = SymbolPrefix(length: kept.length, of: records.map(\.id))
    #expect(kept.symbols == symbols.symbols, "\(what)")
    let tree = core.recordTree
    let anew = RecordTree(levels: tree.levels, over: records.map { RecordEntry($0) })
    for depth in 0...tree.levels {
      for place in 0..<1 << (4 * depth) {
        let path = TreePath(
          depth: depth,
          above: HashedPosition(
            high: depth == 0 ? 0 : UInt64(place) << UInt64(64 - 4 * depth), low: 0))
        let (a, b) = (tree.roughNode(path), anew.roughNode(path))
        guard a.count == b.count, a.size == b.size, a.sum == b.sum else {
          Issue.record("\(what): depth \(depth), place \(place)")
          return
        }
      }
    }
  }
}
