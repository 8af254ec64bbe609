import Primitives
import StateTrie

extension FuzzTarget {
  /// A proof that verifies says the truth of every key that was asked for.
  static let proofVerification = FuzzTarget("proof-verify", seeds: decisionSeeds) { input in
    var source = FuzzSource(input)
    let (world, twin) = FuzzWorld.chosen(by: &source)
    let proven = (0...source.below(4)).map { _ in source.key(near: world.keys) }
    var asked = proven
    if source.below(3) == 0 { asked.append(source.key(near: world.keys)) }
    if source.below(3) == 0 { asked.removeFirst() }
    let honest = try twin.proof(of: proven)
    let truth = try honest.verify(root: world.root, keys: proven)
    for key in proven {
      try demand(truth[key] == .some(world.value(of: key)), "an honest proof of \(key) is wrong")
    }
    var proof = honest
    for _ in 0..<source.below(4) { proof.change(by: &source, keys: world.keys) }
    guard let answers = try? proof.verify(root: world.root, keys: asked) else { return }
    try demand(Set(answers.keys) == Set(asked), "other keys are answered than asked")
    for key in asked {
      try demand(
        answers[key] == .some(world.value(of: key)), "a lie about \(key) was taken: \(proof)")
    }
  }

  /// Of all diffs only the true one leads to the header's state root and has its diff root, and
  /// what was applied can be taken back exactly.
  static let diffApplication = FuzzTarget("diff-apply", seeds: decisionSeeds) { input in
    var source = FuzzSource(input)
    let (world, trie) = FuzzWorld.chosen(by: &source)
    let honest = try TrieDiff(entries: changes(on: world, &source))
    let after = trie.copy()
    try after.apply(honest)
    let root = after.rootHash()
    var entries = honest.entries
    let partial = trie.copy()
    if source.below(2) == 0 {
      try partial.forget(
        KeyRange(start: source.key(near: world.keys), end: source.key(near: world.keys)))
    }
    for _ in 0..<source.below(4) { change(&entries, by: &source, world) }
    guard let diff = try? TrieDiff(entries: entries) else { return }
    try demand(try TrieDiff(wireBytes: diff.wireBytes) == diff, "a diff is read as another one")
    try demand((diff.root == honest.root) == (diff == honest), "two diffs have one root")
    for trie in [trie, partial] {
      let before = (trie.rootHash(), trie.missing, trie.itemCount)
      if let receipt = try? trie.apply(diff) {
        if trie.isComplete {
          try demand(
            (trie.rootHash() == root) == (diff == honest), "another diff gives the root: \(diff)")
        } else if diff == honest {
          let known = trie.rootHash()
          try demand(known == nil || known == root, "a known root is wrong")
        }
        let broken = trie.brokenInvariants()
        try demand(broken.isEmpty, "\(broken)")
        try trie.revert(receipt)
      }
      try demand(
        trie.rootHash() == before.0 && trie.missing == before.1 && trie.itemCount == before.2,
        "not taken back exactly")
    }
  }

  private static func changes(
    on world: FuzzWorld, _ source: inout FuzzSource
  ) -> [TrieDiff.Entry] {
    var entries: [KeyNibbles: TrieDiff.Entry] = [:]
    for _ in 0..<source.below(6) {
      let key = source.key(near: world.keys)
      let old = world.value(of: key)
      let new = source.below(3) == 0 ? nil : source.bytes(source.below(4))
      if !key.isEmpty, old != new { entries[key] = .init(key: key, old: old, new: new) }
    }
    return entries.values.sorted { $0.key < $1.key }
  }

  private static func change(
    _ entries: inout [TrieDiff.Entry], by source: inout FuzzSource, _ world: FuzzWorld
  ) {
    switch source.below(6) {
    case 0 where !entries.isEmpty: entries.remove(at: source.below(entries.count))
    case 1 where !entries.isEmpty: entries[source.below(entries.count)].new = source.bytes(1)
    case 2 where !entries.isEmpty: entries[source.below(entries.count)].old = source.bytes(1)
    case 3 where !entries.isEmpty: entries[source.below(entries.count)].new = nil
    case 4 where entries.count > 1: entries.swapAt(0, source.below(entries.count))
    default:
      let key = source.key(near: world.keys)
      entries.removeAll { $0.key == key }
      entries.append(.init(key: key, old: world.value(of: key), new: source.bytes(1)))
      entries.sort { $0.key < $1.key }
    }
  }
}
