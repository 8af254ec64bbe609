/// What lets a search for a place go past many runs at once.
///
/// Whoever inserts between two neighbours goes over all that others put there without knowing of
/// it. Of each leaf and branch is kept how far its runs reach to the left, and of those that reach
/// farthest how far to the right: a search steps over it whole if no run in it can decide anything.
/// It is found out when a search first asks, and kept up from then on: who types alone pays nothing
/// for it.
extension TextTree {
  struct Reach {
    /// The left neighbour that stands farthest to the left.
    var left: TextID
    /// Of the runs that have that one, the right neighbour that stands farthest to the right.
    var right: TextID
    /// A bit for each author: its number modulo 64.
    var agents: UInt64

    init(_ span: TextSpan) {
      left = span.left
      right = span.right
      agents = Self.bit(span.id.agent)
    }

    static func bit(_ agent: UInt32) -> UInt64 { 1 << UInt64(agent & 63) }
  }

  /// Two neighbours between which a place is searched for.
  struct Gap {
    let left: TextID
    let right: TextID
    /// Nil: before the first character.
    let leftPlace: Place?
    /// Nil: behind the last character.
    let rightPlace: Place?
    /// The author's bit: it cannot have written between them.
    let agents: UInt64
    /// The leaf with the right neighbour and the branches above it; empty without one.
    let rightPath: [Int32]
  }

  func gap(left: TextID, right: TextID, agent: UInt32?) -> Gap {
    var path: [Int32] = []
    if let cursor = find(right) {
      path.append(cursor.leaf)
      var parent = leaves[Int(cursor.leaf)].parent
      while parent >= 0 {
        path.append(parent)
        parent = branches[Int(parent)].parent
      }
    }
    return Gap(
      left: left, right: right, leftPlace: place(of: left), rightPlace: place(of: right),
      agents: agent.map(Reach.bit) ?? 0, rightPath: path)
  }

  /// Where a character is, to compare; nil for none.
  func place(of id: TextID) -> Place? { id.isNone ? nil : find(id).map { place(of: $0) } }

  /// The first leaf from `leaf` on in which something can decide a search; nil if there is none.
  ///
  /// - Parameter isScanning: whether the last run that was seen has the same left neighbour, and a
  ///   nearer right one.
  private mutating func openLeaf(from leaf: Int32, in gap: Gap, isScanning: Bool) -> Int32? {
    var (node, level) = (leaf, 0)
    while true {
      if mayDecide(node, level, gap, isScanning: isScanning) {
        guard level > 0 else { return node }
        node = branches[Int(node)].children[0]
        level -= 1
        continue
      }
      // To the next one, which may be that of a branch above.
      while true {
        let parent = level == 0 ? leaves[Int(node)].parent : branches[Int(node)].parent
        guard parent >= 0 else { return nil }
        let children = branches[Int(parent)].children
        let number = children.firstIndex(of: node) ?? 0
        if number + 1 < children.count {
          node = children[number + 1]
          break
        }
        (node, level) = (parent, level + 1)
      }
    }
  }

  /// The next run behind a gap between two that can decide a search, as the gap before it.
  mutating func cursor(behind cursor: Cursor, in gap: Gap, isScanning: Bool) -> Cursor? {
    if cursor.span + 1 < leaves[Int(cursor.leaf)].spans.count {
      return Cursor(leaf: cursor.leaf, span: cursor.span + 1, offset: 0)
    }
    let next = leaves[Int(cursor.leaf)].next
    guard next >= 0 else { return nil }
    return openLeaf(from: next, in: gap, isScanning: isScanning)
      .map { Cursor(leaf: $0, span: 0, offset: 0) }
  }

  private mutating func mayDecide(
    _ node: Int32, _ level: Int, _ gap: Gap, isScanning: Bool
  ) -> Bool {
    if level < gap.rightPath.count, gap.rightPath[level] == node { return true }
    guard let reach = reach(of: node, level), reach.agents & gap.agents == 0 else { return true }
    guard reach.left == gap.left else { return isLeft(reach.left, before: gap.leftPlace) }
    return !isScanning || !isRight(reach.right, before: gap.rightPlace)
  }

  /// Whether a left neighbour stands before a place; none is before everything.
  func isLeft(_ id: TextID, before place: Place?) -> Bool {
    guard let place else { return false }
    return self.place(of: id).map { $0 < place } ?? true
  }

  /// Whether a right neighbour stands before a place; none is behind everything.
  func isRight(_ id: TextID, before place: Place?) -> Bool {
    guard let own = self.place(of: id) else { return false }
    return place.map { own < $0 } ?? true
  }

  /// The reach of a leaf (level 0) or branch; nil if it has no runs.
  private mutating func reach(of node: Int32, _ level: Int) -> Reach? {
    searchSteps += 1
    if let known = level == 0 ? leaves[Int(node)].reach : branches[Int(node)].reach {
      return known
    }
    var reach: Reach?
    if level == 0 {
      for span in leaves[Int(node)].spans { reach = joined(reach, Reach(span)) }
      leaves[Int(node)].reach = reach
    } else {
      for child in branches[Int(node)].children {
        if let below = self.reach(of: child, level - 1) { reach = joined(reach, below) }
      }
      branches[Int(node)].reach = reach
    }
    return reach
  }

  private mutating func joined(_ first: Reach?, _ second: Reach) -> Reach {
    guard var reach = first else { return second }
    searchSteps += 1
    if reach.left == second.left {
      if isRight(reach.right, before: place(of: second.right)) { reach.right = second.right }
    } else if let place = place(of: reach.left), isLeft(second.left, before: place) {
      (reach.left, reach.right) = (second.left, second.right)
    }
    reach.agents |= second.agents
    return reach
  }

  /// Takes note of a run that was put into a leaf.
  mutating func widen(_ leaf: Int32, by span: TextSpan) {
    if let known = leaves[Int(leaf)].reach {
      leaves[Int(leaf)].reach = joined(known, Reach(span))
    }
    var parent = leaves[Int(leaf)].parent
    while parent >= 0 {
      if let known = branches[Int(parent)].reach {
        branches[Int(parent)].reach = joined(known, Reach(span))
      }
      parent = branches[Int(parent)].parent
    }
  }
}
