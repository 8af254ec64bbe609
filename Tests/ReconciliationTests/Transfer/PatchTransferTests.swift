import BinaryDifference
import Primitives
import Reconciliation
import TestSupport
import Testing

@Suite struct PatchTransferTests {
  private let transfer = PatchTransfer()

  @Test(arguments: 0..<Campaign.seeds("LIVESYNC_PATCH_SEEDS", default: 40))
  func value_shouldBeWhatWasSent_whateverTheBase(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let base = random.bytes(2_000 + random.below(50_000))
    let value =
      random.chance(20)
      ? random.bytes(base.count) : PatchSessionTests.edited(base, random.below(30), &random)
    let past = KeptValues()
    if random.chance(50) { past.keep(base, named: HashedBytes(base).hash) }
    let asking = PatchTransfer(offering: random.chance(50) ? .digest : .signature)
    let sending = PatchTransfer(past: past, level: 1 + random.below(4))
    guard let offer = asking.offer(of: base, for: value.count),
      let patch = sending.patch(to: value, from: offer)
    else { return }
    #expect(patch.count < value.count, "seed \(seed)")
    #expect(try asking.value(of: patch, base: base, size: value.count) == value, "seed \(seed)")
    // Damage is refused, or makes another value, or none; never a wrong one.
    for _ in 0..<20 {
      let damaged = random.mutated(patch)
      let made = try? asking.value(of: damaged, base: base, size: value.count)
      if let made { #expect(made.count == value.count) }
      let other = random.mutated(offer)
      _ = sending.patch(to: value, from: other)
    }
  }

  @Test func offers_shouldBeMadeOnly_whereTheyPay() throws {
    let share = ReconciliationLimits.patchShareMax
    var least = 0
    for size in stride(from: 256, through: 100_000, by: 64) {
      let base = [UInt8](repeating: 1, count: size)
      guard let offer = transfer.offer(of: base, for: size) else { continue }
      if least == 0 { least = size }
      #expect(Double(offer.count) < share * Double(size))
    }
    #expect((1_500...2_500).contains(least))
    // A small value is not worth the signature of a large one.
    #expect(transfer.offer(of: [UInt8](repeating: 1, count: 100_000), for: 4_000) == nil)
    #expect(
      PatchTransfer(offering: .digest).offer(of: [UInt8](repeating: 1, count: 9_000), for: 4_000)?
        .count == 33)
  }

  @Test func patches_shouldNotBeMade_ofWhatIsNoOffer() {
    let value = [UInt8](repeating: 1, count: 9_000)
    for offer in [[], [9], [0, 1], [1] + [UInt8](repeating: 255, count: 60)] as [[UInt8]] {
      #expect(transfer.patch(to: value, from: offer) == nil)
    }
    // Nothing is known of the base, but the value is small in a frame.
    let digest = PatchOffer.digest(.zero).wireBytes
    #expect((transfer.patch(to: value, from: digest)?.count ?? .max) < 100)
  }

  @Test func pastValues_shouldGiveWay_whenTheyAreTooMany() {
    let most = ReconciliationLimits.pastValuesBytesMax
    let past = KeptValues(bytesMax: .max)
    func value(_ index: Int) -> [UInt8] {
      [UInt8](repeating: UInt8(index), count: most / 4)
    }
    let names = (0..<6).map { HashedBytes(value($0)).hash }
    for index in 0..<6 {
      past.keep(value(index), named: names[index])
      past.keep(value(index), named: names[index])
      #expect(past.bytes == min(index + 1, 4) * (most / 4))
    }
    #expect(names.map { past.value(named: $0) != nil } == [false, false, true, true, true, true])
    past.keep([UInt8](repeating: 9, count: most + 1), named: .zero)
    past.keep([1, 2, 3], named: .zero)
    #expect(past.value(named: .zero) == nil && past.bytes == most)
  }
}
