import Glibc
import Primitives
import StateTrie
import TestSupport

extension TrieCase {
  /// The smallest case found that still `fails`, by dropping steps, items and changes, and by
  /// shortening keys, values and numbers, until nothing more can be dropped or shortened.
  func shrunk(while fails: (TrieCase) -> Bool) -> TrieCase {
    var best = self
    var isSmaller = true
    while isSmaller {
      isSmaller = false
      let list = dropped(
        best.steps,
        keeps: { steps in
          fails(TrieCase(startsMissing: best.startsMissing, items: best.items, steps: steps))
        })
      if let list { (best.steps, isSmaller) = (list, true) }
      let items = dropped(
        best.items.list,
        keeps: { items in
          fails(
            TrieCase(startsMissing: best.startsMissing, items: Changes(items), steps: best.steps))
        })
      if let items { (best.items, isSmaller) = (Changes(items), true) }
      while let simpler = best.simplerCases().first(where: fails) {
        (best, isSmaller) = (simpler, true)
      }
    }
    return best
  }

  /// The smallest case found that fails with the same kind of problem as this one, and its failure;
  /// nil if this one does not fail.
  func shrunk(
    by operations: TrieOperations = .right
  ) -> (smallest: TrieCase, failure: TrieCaseFailure)? {
    func failure(of other: TrieCase) -> TrieCaseFailure? {
      do throws(TrieCaseFailure) {
        try other.run(by: operations)
        return nil
      } catch { return error }
    }
    guard let first = failure(of: self) else { return nil }
    var start = self
    start.steps = Array(steps.prefix(first.step + 1))
    if failure(of: start)?.problem.kind != first.problem.kind { start = self }
    let smallest = start.shrunk { failure(of: $0)?.problem.kind == first.problem.kind }
    return failure(of: smallest).map { (smallest, $0) }
  }

  /// The smallest case found that traps, tried in copies of this process; nil if this one does not.
  func shrunkWhileTrapping(by operations: TrieOperations = .right) -> TrieCase? {
    func traps(_ other: TrieCase) -> Bool {
      let end = ForkedRun.run {
        do throws(TrieCaseFailure) { try other.run(by: operations) } catch { return 1 }
        return 0
      }
      return [.killed(signal: SIGILL), .killed(signal: SIGTRAP)].contains(end)
    }
    return traps(self) ? shrunk(while: traps) : nil
  }

  /// `list` without as many elements as can go: large runs are tried first (delta debugging, Zeller
  /// and Hildebrandt 2002). Nil if none can.
  private func dropped<Element>(
    _ list: [Element], keeps fails: ([Element]) -> Bool
  ) -> [Element]? {
    var best = list
    var length = max(1, list.count / 2)
    while length > 0, !best.isEmpty {
      var start = 0
      while start < best.count {
        var shorter = best
        shorter.removeSubrange(start..<min(start + length, best.count))
        if fails(shorter) { best = shorter } else { start += length }
      }
      length /= 2
    }
    return best.count < list.count ? best : nil
  }

  /// Cases that differ from this one in one place, which is simpler there.
  private func simplerCases() -> some Sequence<TrieCase> {
    var places = [
      items.simpler.map { changes in
        TrieCase(startsMissing: startsMissing, items: changes, steps: steps)
      }
    ]
    for index in steps.indices {
      places.append(
        steps[index].simpler.map { step in
          var other = self
          other.steps[index] = step
          return other
        })
    }
    if startsMissing { places.append([TrieCase(startsMissing: false, items: items, steps: steps)]) }
    // The same key in all places at once, so that what belongs together stays together.
    for key in keys {
      for simpler in key.simpler { places.append([replacing(key, by: simpler)]) }
    }
    return places.joined()
  }

  private var keys: [KeyNibbles] {
    var keys = Set(items.list.map(\.key))
    for step in steps {
      switch step {
      case .apply(let changes): keys.formUnion(changes.list.map(\.key))
      case .chunk(let from, let to, _, _, _), .forget(let from, let to):
        keys.formUnion([from.key] + (to.map { [$0.key] } ?? []))
      case .revert: break
      }
    }
    return keys.sorted()
  }

  private func replacing(_ old: KeyNibbles, by new: KeyNibbles) -> TrieCase {
    func text(_ text: KeyText) -> KeyText { text.key == old ? KeyText(new) : text }
    func changes(_ changes: Changes) -> Changes {
      Changes(changes.list.map { .init(key: $0.key == old ? new : $0.key, new: $0.new) })
    }
    var result = self
    result.items = changes(items)
    result.steps = steps.map { step in
      switch step {
      case .apply(let list): .apply(changes(list))
      case .revert: step
      case .chunk(let from, let to, let limit, let edges, let lie):
        .chunk(from: text(from), to: to.map(text), limit: limit, edges: edges, lie: lie)
      case .forget(let from, let to): .forget(from: text(from), to: to.map(text))
      }
    }
    return result
  }
}

extension TrieStep {
  /// Steps of the same kind that are simpler in one place.
  fileprivate var simpler: [TrieStep] {
    switch self {
    case .apply(let changes): return changes.simpler.map { .apply($0) }
    case .revert(let back, let byInverse):
      return (back > 0 ? [.revert(back: back - 1, byInverse: byInverse)] : [])
        + (byInverse ? [.revert(back: back, byInverse: false)] : [])
    case .chunk(let from, let to, let limit, let edges, let lie):
      var steps: [TrieStep] = []
      if lie != 0 {
        steps.append(.chunk(from: from, to: to, limit: limit, edges: edges, lie: 0))
      }
      if to != nil {
        steps.append(.chunk(from: from, to: nil, limit: limit, edges: edges, lie: lie))
      }
      if limit > 1 {
        steps.append(.chunk(from: from, to: to, limit: limit - 1, edges: edges, lie: lie))
      }
      steps += from.key.simpler.map {
        .chunk(from: KeyText($0), to: to, limit: limit, edges: edges, lie: lie)
      }
      return steps
    case .forget(let from, let to):
      return (to != nil ? [.forget(from: from, to: nil)] : [])
        + from.key.simpler.map { .forget(from: KeyText($0), to: to) }
        + (to?.key.simpler.map { .forget(from: from, to: KeyText($0)) } ?? [])
    }
  }
}

extension Changes {
  /// One change less, or one value shorter.
  fileprivate var simpler: [Changes] {
    var result: [Changes] = []
    for index in list.indices {
      var fewer = self
      fewer.list.remove(at: index)
      result.append(fewer)
      if let value = list[index].new, !value.isEmpty {
        for shorter in [[], value.dropLast()] where shorter.count < value.count {
          var other = self
          other.list[index].new = Array(shorter)
          result.append(other)
        }
      }
    }
    return result
  }
}

extension KeyNibbles {
  /// Shorter keys.
  fileprivate var simpler: [KeyNibbles] {
    count < 2 ? [] : [prefix(1), prefix(count / 2), prefix(count - 1), suffix(from: 1)]
  }
}
