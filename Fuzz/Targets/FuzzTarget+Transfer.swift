import BinaryDifference
import Primitives
import Reconciliation

extension FuzzTarget {
  static let transfer: [FuzzTarget] = [transferWire, patchOffer, valuePatch]

  /// The older value and the newer one.
  private static let base: [UInt8] = (0..<4_000).map { UInt8($0 * $0 / 7 % 251) }
  private static let value: [UInt8] =
    Array(base[..<1_000]) + [1, 2, 3] + base[1_200...] + base[..<50]
  private static let past: KeptValues = {
    let past = KeptValues()
    past.keep(base, named: HashedBytes(base).hash)
    return past
  }()

  private static func offers() -> [[UInt8]] {
    [PatchTransfer(), PatchTransfer(offering: .digest)].compactMap {
      $0.offer(of: base, for: value.count)
    }
  }

  private static let transferWire = wire(
    "wire-transfer",
    [
      .init(PatchOffer.self) {
        [.digest(HashedBytes(base).hash)]
          + [BaseSignature(blocksOf: HashedBytes(base), blockBytes: 256)].compactMap { signature in
            signature.map(PatchOffer.signature)
          }
      }
    ])

  /// Whatever is offered, the patch is smaller than the value; to who has the base that was offered
  /// it makes the value, or one of blocks that looked alike.
  private static let patchOffer = FuzzTarget(
    "patch-offer", seeds: { offers() },
    check: { input in
      for sender in [PatchTransfer(), PatchTransfer(past: past)] {
        guard let patch = sender.patch(to: value, from: input) else { continue }
        try demand(patch.count < value.count, "a patch of \(patch.count) bytes")
        guard let offer = try? PatchOffer(wireBytes: input),
          offer.baseHash == HashedBytes(base).hash
        else { continue }
        let made = try? PatchTransfer().value(of: patch, base: base, size: value.count)
        try demand(made == nil || made == value, "another value")
      }
    })

  /// Whatever a patch says, what comes out has the size of the record, or nothing does.
  private static let valuePatch = FuzzTarget(
    "value-patch",
    seeds: {
      offers().compactMap { PatchTransfer().patch(to: value, from: $0) }
        + offers().compactMap { PatchTransfer(past: past).patch(to: value, from: $0) }
    },
    check: { input in
      let made: [UInt8]?
      do throws(ReconciliationError) {
        made = try PatchTransfer().value(of: input, base: base, size: value.count)
      } catch {
        return try demand(error.kind == .malformed || error.kind == .contradiction, "\(error)")
      }
      guard let made else { return }
      try demand(made.count == value.count, "\(made.count) bytes came out")
      let patch = try Patch(wireBytes: input)
      try demand(HashedBytes(made).hash == patch.targetHash, "something else came out")
    })
}
