import Primitives
import TestSupport
import Testing

@Suite struct ByteBudgetTests {
  /// Pieces that holders have, with the newest last; what it says is compared with the budget.
  private struct Model {
    var budget: ByteBudget<Int>
    var pieces: [(holder: Int, bytes: Int)] = []

    func held(by holder: Int) -> Int {
      pieces.reduce(0) { $0 + ($1.holder == holder ? $1.bytes : 0) }
    }
    var total: Int { pieces.reduce(0) { $0 + $1.bytes } }
    var holders: Set<Int> { Set(pieces.filter { $0.bytes > 0 }.map(\.holder)) }

    /// Takes a piece as buffers do; true if it was taken.
    mutating func take(_ bytes: Int, of holder: Int, _ note: String) -> Bool {
      let share = held(by: holder) + bytes
      var hasGivenWay = false
      while true {
        switch budget.admission(of: bytes, for: holder) {
        case .fits:
          #expect(share <= budget.limits.perHolder, "\(note)")
          #expect(total + bytes <= budget.limits.total, "\(note)")
          budget.charge(bytes, to: holder)
          pieces.append((holder, bytes))
          return true
        case .makeRoom(let largest):
          hasGivenWay = true
          #expect(largest != holder && held(by: largest) > share, "\(note)")
          #expect(holders.allSatisfy { held(by: $0) <= held(by: largest) }, "\(note)")
          guard let newest = pieces.lastIndex(where: { $0.holder == largest }) else {
            Issue.record("\(largest) has nothing: \(note)")
            return false
          }
          let piece = pieces.remove(at: newest)
          budget.release(piece.bytes, of: piece.holder)
        case .refused(.perHolder):
          #expect(share > budget.limits.perHolder, "\(note)")
          return false
        case .refused(.total):
          // Nobody gives way for nothing, and an equal share is never refused.
          let count = holders.union([holder]).count
          #expect(!hasGivenWay && share * count > budget.limits.total, "\(note)")
          return false
        }
      }
    }
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func budget_shouldAgreeWithAListOfPieces(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let total = 1 + random.below(1_000)
    let limits = ByteLimits(total: total, perHolder: 1 + random.below(total))
    var model = Model(budget: ByteBudget(limits))
    for step in 0..<400 {
      let note = "seed \(seed), step \(step)"
      if random.chance(30), !model.pieces.isEmpty {
        let piece = model.pieces.remove(at: random.below(model.pieces.count))
        model.budget.release(piece.bytes, of: piece.holder)
      } else {
        _ = model.take(random.below(1 + total / 2), of: random.below(6), note)
      }
      #expect(model.budget.total == model.total, "\(note)")
      #expect(model.budget.holderCount == model.holders.count, "\(note)")
      for holder in 0..<6 {
        #expect(model.budget.held(by: holder) == model.held(by: holder), "\(note)")
        #expect(model.held(by: holder) <= limits.perHolder, "\(note)")
      }
      #expect(model.total <= total, "\(note)")
    }
  }

  @Test func equalShare_shouldNeverBeRefused_howeverManyBytesOthersSend() {
    var model = Model(budget: ByteBudget(ByteLimits(total: 1_000, perHolder: 900)))
    for _ in 0..<200 { for stranger in 1...3 { _ = model.take(7, of: stranger, "") } }
    #expect(model.take(250, of: 9, "") == true)
    #expect(model.held(by: 9) == 250)
  }
}
