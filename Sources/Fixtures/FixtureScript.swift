import Ledger
import Primitives
import StateTrie

/// Decides what happens next while a fixture is recorded.
struct FixtureScript {
  let kind: FixtureKind
  /// Height up to which there are forks and surprises.
  let lastBusy: UInt32
  /// Heights at which the state is given up (`incompleteAgain`): once complete, and once half full.
  private var giveUps: [UInt32]
  /// Longest branch that is replaced.
  private static let depthMax: UInt32 = 4

  init(kind: FixtureKind, lastBusy: UInt32) {
    self.kind = kind
    self.lastBusy = lastBusy
    giveUps = kind == .incompleteAgain ? [lastBusy * 45 / 100, lastBusy * 60 / 100] : []
  }

  /// Plays the next part: one block, or one fork.
  mutating func next(_ recorder: inout FixtureRecorder) throws(FixtureRecordingError) {
    if let height = giveUps.first, recorder.headNumber >= height {
      // The first time only a complete state will do.
      if giveUps.count == 2 {
        try recorder.drain()
        try recorder.extend()
      }
      giveUps.removeFirst()
      try recorder.reinitialise()
      return
    }
    if kind == .forks, recorder.chance(percent: 45), try fork(&recorder) { return }
    try block(&recorder)
  }

  /// One block, and perhaps a chunk for the head, for the block to come, or for a block passed.
  private func block(_ recorder: inout FixtureRecorder) throws(FixtureRecordingError) {
    switch recorder.random.below(10) {
    case 0, 1, 2, 3:
      try recorder.extend()
      try recorder.deliver(recorder.reply())
    case 4, 5, 6, 7:
      let block = try recorder.make()
      try recorder.deliver(recorder.reply())
      try recorder.announce(block, milliseconds: 1_000)
    case 8:
      let late = recorder.reply()
      try recorder.extend()
      try recorder.deliver(late)
    default:
      try recorder.extend()
    }
  }

  /// A branch replaces the last one to four blocks. False if there is no room for one.
  private func fork(_ recorder: inout FixtureRecorder) throws(FixtureRecordingError) -> Bool {
    let head = recorder.headNumber
    let deepest = min(Self.depthMax, head - recorder.macroNumber)
    // The branch may be two blocks longer than what it replaces, and ends below the macro block.
    guard deepest > 0, head + 2 < lastBusy, !recorder.isMacro(at: head + 1),
      !recorder.isMacro(at: head + 2)
    else { return false }
    let depth = UInt32(recorder.random.number(in: 1...Int(deepest)))
    guard let ancestor = recorder.chain.twin.block(at: head - depth) else { return false }
    switch recorder.random.below(3) {
    case 0: try lateFork(&recorder, on: ancestor, length: depth + 1)
    case 1: try earlyFork(&recorder, on: ancestor, length: depth + 2)
    default: try suddenFork(&recorder, on: ancestor, length: depth + 1)
    }
    return true
  }

  /// A chunk made before the fork comes after it, when its block is abandoned.
  private func lateFork(
    _ recorder: inout FixtureRecorder, on ancestor: Block, length: UInt32
  ) throws(FixtureRecordingError) {
    let late = recorder.reply()
    try branch(&recorder, on: ancestor, length: length)
    try recorder.deliver(late)
  }

  /// A chunk waits for a block that is never announced, because a branch replaces it.
  private func earlyFork(
    _ recorder: inout FixtureRecorder, on ancestor: Block, length: UInt32
  ) throws(FixtureRecordingError) {
    _ = try recorder.make()
    try recorder.deliver(recorder.reply())
    try branch(&recorder, on: ancestor, length: length)
  }

  private func branch(
    _ recorder: inout FixtureRecorder, on ancestor: Block, length: UInt32
  ) throws(FixtureRecordingError) {
    var tip = ancestor
    for _ in 0..<length {
      let skip = recorder.chance(percent: 10)
      tip = try recorder.make(on: tip.hash, skip: skip)
      try recorder.announce(tip, milliseconds: 100)
    }
  }

  /// Only the end of the branch is announced: the node has to ask for the rest. Between, it gets
  /// a chunk of the branch's end.
  private func suddenFork(
    _ recorder: inout FixtureRecorder, on ancestor: Block, length: UInt32
  ) throws(FixtureRecordingError) {
    var tip = ancestor
    for _ in 0..<length { tip = try recorder.make(on: tip.hash) }
    if recorder.chance(percent: 50) { try recorder.deliver(recorder.reply()) }
    try recorder.announce(tip, milliseconds: 100)
  }
}
