extension RGAText {
  /// What somebody lacks who has the characters of `version`: the others, and all deletions of
  /// those.
  public func delta(since version: VersionVector) -> TextDelta {
    var found: [TextInsertion] = []
    var deletions: [DotRange] = []
    tree.forEachLeaf { leaf in
      var offset = 0
      var characters = 0
      for span in leaf.spans {
        let start = offset
        if !span.isDeleted {
          characters += span.length
          offset = leaf.byteOffset(of: characters)
        }
        let replica = agents[Int(span.id.agent)]
        var insertion = TextInsertion(
          first: Dot(replica, UInt64(span.id.counter)), length: span.length, previous: 0,
          left: dot(of: span.left), right: dot(of: span.right),
          text: span.isDeleted ? nil : Array(leaf.text[start..<offset]))
        let known = version[replica]
        if insertion.first.counter <= known {
          if span.isDeleted {
            deletions.append(
              DotRange(replica, insertion.first.counter...min(known, insertion.last)))
          }
          guard insertion.last > known else { continue }
          insertion.drop(Int(known - insertion.first.counter) + 1)
        }
        found.append(insertion)
      }
    }
    return TextDelta(insertions: chained(found, since: version), deletions: deletions.joined())
  }

  /// Characters in the order of their dots, those that were typed one after another together.
  private func chained(
    _ found: [TextInsertion], since version: VersionVector
  ) -> [TextInsertion] {
    var result: [TextInsertion] = []
    for var next in found.sorted(by: { $0.first < $1.first }) {
      if let last = result.last, last.isContinued(by: next) {
        result[result.count - 1].append(next)
        continue
      }
      let replica = next.first.replica
      if let last = result.last, last.first.replica == replica {
        next.previous = last.last
      } else {
        next.previous = min(version[replica], self.last(of: replica))
      }
      result.append(next)
    }
    return result
  }

  public static func join(
    _ first: TextDelta, _ second: TextDelta
  ) throws(CRDTError) -> TextDelta {
    var joined = TextDelta()
    var deletions = first.deletions + second.deletions
    let all = (first.insertions + second.insertions).sorted { a, b in
      a.first == b.first ? a.length > b.length : a.first < b.first
    }
    for var next in all {
      let place = joined.insertions.count - 1
      guard place >= 0, joined.insertions[place].first.replica == next.first.replica else {
        joined.insertions.append(next)
        continue
      }
      let last = joined.insertions[place].last
      if next.first.counter <= last {
        if next.text == nil || joined.insertions[place].text == nil {
          let known = next.first.counter...min(last, next.last)
          deletions.append(DotRange(next.first.replica, known))
        }
        guard next.last > last else { continue }
        next.drop(Int(last - next.first.counter) + 1)
      }
      if joined.insertions[place].isContinued(by: next) {
        joined.insertions[place].append(next)
      } else {
        joined.insertions.append(next)
      }
    }
    joined.deletions = deletions.joined()
    guard max(joined.insertions.count, joined.deletions.count) <= CRDTLimits.textRunsMax else {
      throw .tooLarge("changes of a delta", limit: CRDTLimits.textRunsMax)
    }
    return joined
  }

  /// Equal if they have the same characters: their order follows from these.
  public static func == (a: RGAText, b: RGAText) -> Bool {
    guard a.tree.count == b.tree.count, a.tree.visible == b.tree.visible else { return false }
    return a.delta(since: VersionVector()) == b.delta(since: VersionVector())
  }
}

extension TextInsertion {
  /// Whether `next` was typed behind this one, without anything between.
  func isContinued(by next: TextInsertion) -> Bool {
    next.first == Dot(first.replica, last + 1) && next.left == Dot(first.replica, last)
      && next.right == right && (next.text == nil) == (text == nil)
  }

  mutating func append(_ next: TextInsertion) {
    length += next.length
    if let more = next.text { text?.append(contentsOf: more) }
  }
}

extension [DotRange] {
  /// In their order, with what overlaps or is side by side made one.
  func joined() -> [DotRange] {
    var result: [DotRange] = []
    let sorted = sorted {
      $0.replica == $1.replica
        ? $0.counters.lowerBound < $1.counters.lowerBound : $0.replica < $1.replica
    }
    for range in sorted {
      if let last = result.last, last.replica == range.replica,
        range.counters.lowerBound - Swift.min(1, range.counters.lowerBound)
          <= last.counters.upperBound
      {
        let end = Swift.max(last.counters.upperBound, range.counters.upperBound)
        result[result.count - 1] = DotRange(
          last.replica, last.counters.lowerBound...end)
      } else {
        result.append(range)
      }
    }
    return result
  }
}
