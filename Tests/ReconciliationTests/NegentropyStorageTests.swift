import Primitives
import Reconciliation
import TestSupport
import Testing

@Suite struct NegentropyStorageTests {
  /// The sum by the plainest arithmetic: byte by byte with a carry.
  private static func plainSum(_ items: some Sequence<NegentropyItem>) -> [UInt8] {
    var sum = [UInt8](repeating: 0, count: 32)
    for item in items {
      var carry = 0
      for (index, byte) in item.id.bytes.enumerated() {
        let digit = Int(sum[index]) + Int(byte) + carry
        sum[index] = UInt8(digit & 0xff)
        carry = digit >> 8
      }
    }
    return sum
  }

  private static func plainFingerprint(_ items: [NegentropyItem]) -> Hash256 {
    // As a hash with its second half zero.
    var digits: [UInt8] = [UInt8(items.count & 0x7f)]
    var rest = items.count >> 7
    while rest > 0 {
      digits.insert(UInt8(rest & 0x7f) | 0x80, at: 0)
      rest >>= 7
    }
    return Sha256.hash(plainSum(items) + digits)
  }

  private func check(
    _ storage: some NegentropyStorage, is model: [NegentropyItem],
    _ generator: inout SeededGenerator, _ comment: String
  ) {
    #expect(storage.count == model.count, "\(comment)")
    var held: [NegentropyItem] = []
    storage.forEach(in: 0..<storage.count) { held.append($0) }
    #expect(held == model, "\(comment)")
    for _ in 0..<20 {
      let low = generator.below(model.count + 1)
      let range = low..<low + generator.below(model.count - low + 1)
      let part = Array(model[range])
      let fingerprint = storage.sum(of: range).fingerprint(count: range.count)
      #expect(
        fingerprint.bytes == Array(Self.plainFingerprint(part).bytes.prefix(16)), "\(comment)")
      held = []
      storage.forEach(in: range) { held.append($0) }
      #expect(held == part, "\(comment)")
      guard !model.isEmpty else { continue }
      let place = generator.below(model.count)
      #expect(storage.item(at: place) == model[place], "\(comment)")
      let bounds = [
        NegentropyBound(at: model[place]), .infinity,
        place == 0
          ? NegentropyBound(at: model[0])
          : NegentropyBound(between: model[place - 1], and: model[place]),
      ]
      let places = [place, model.count, place]
      for (bound, expected) in zip(bounds, places) {
        #expect(storage.firstPlace(atOrBehind: bound, from: 0) == expected, "\(comment)")
        #expect(
          storage.firstPlace(atOrBehind: bound, from: generator.below(expected + 1)) == expected,
          "\(comment)")
      }
    }
  }

  @Test(arguments: 0..<Campaign.seeds("LIVESYNC_RANGE_SEEDS", default: 40))
  func list_shouldEqualAPlainList(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let items = generator.negentropyItems(generator.below(300))
    let model = Set(items).sorted()
    let doubled = items + items.prefix(generator.below(items.count + 1))
    check(NegentropyList(doubled), is: model, &generator, "seed \(seed)")
    check(NegentropyTree(doubled), is: model, &generator, "seed \(seed)")
  }

  @Test(arguments: 0..<Campaign.seeds("LIVESYNC_RANGE_SEEDS", default: 40))
  func tree_shouldEqualAPlainList_whateverIsInsertedAndRemoved(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var tree = NegentropyTree()
    var model: Set<NegentropyItem> = []
    let pool = generator.negentropyItems(3_000)
    var copies: [(NegentropyTree, [NegentropyItem])] = []
    for phase in 0..<6 {
      // The tree grows, and shrinks to nothing.
      let growth = [90, 30, 70, 10, 95, 0][phase]
      for _ in 0..<1_000 {
        let item = pool[generator.below(pool.count)]
        if generator.chance(growth) {
          #expect(tree.insert(item) == model.insert(item).inserted)
        } else {
          let held = growth == 0 ? model.first ?? item : item
          #expect(tree.remove(held) == (model.remove(held) != nil))
        }
        #expect(tree.contains(item) == model.contains(item))
      }
      let broken = tree.brokenInvariants()
      #expect(broken.isEmpty, "seed \(seed), phase \(phase): \(broken)")
      check(tree, is: model.sorted(), &generator, "seed \(seed), phase \(phase)")
      copies.append((tree, model.sorted()))
    }
    for item in model { tree.remove(item) }
    #expect(tree.count == 0 && tree.brokenInvariants().isEmpty)
    for (copy, model) in copies {
      check(copy, is: model, &generator, "a copy of seed \(seed)")
    }
  }

  @Test func leaf_shouldBeCut_whenItHasMoreThanItsEntries() {
    let most = ReconciliationLimits.rangeNodeEntriesMax
    var tree = NegentropyTree()
    for number in 0...UInt64(most) {
      #expect(tree.nodeCount == 1)
      tree.insert(NegentropyItem(timestamp: number, id: .zero)!)
    }
    #expect(tree.nodeCount == 3)
    // It shrinks to one leaf again.
    for number in 0...UInt64(most) { tree.remove(NegentropyItem(timestamp: number, id: .zero)!) }
    #expect(tree.nodeCount == 1)
  }

  @Test func bound_shouldBeAsShortAsPossible() throws {
    let zero = Hash256.zero
    func item(_ timestamp: UInt64, _ id: Hash256) -> NegentropyItem {
      NegentropyItem(timestamp: timestamp, id: id)!
    }
    let far = NegentropyBound(between: item(5, zero), and: item(6, zero))
    #expect(far.timestamp == 6 && far.prefixBytes == 0)
    for shared in 0..<32 {
      var bytes = [UInt8](repeating: 0xff, count: 32)
      let high = Hash256(bytes: bytes)!
      bytes[shared] = 0xfe
      let low = Hash256(bytes: bytes)!
      let bound = NegentropyBound(between: item(5, low), and: item(5, high))
      #expect(bound.timestamp == 5 && bound.prefixBytes == shared + 1)
      let expected = [UInt8](repeating: 0xff, count: shared + 1)
      #expect(bound.prefix.bytes == expected + [UInt8](repeating: 0, count: 31 - shared))
    }
  }
}
