extension TextTree {
  /// Splits a leaf that has too many spans, or too much text.
  mutating func splitIfFull(_ number: Int32) {
    let leaf = Int(number)
    let isFull =
      leaves[leaf].spans.count > CRDTLimits.textLeafSpansMax
      || (leaves[leaf].text.count > CRDTLimits.textLeafBytesMax && leaves[leaf].visible > 1)
    guard isFull else { return }
    if leaves[leaf].spans.count < 4 {
      // Much text in few spans: cut the longest.
      let longest = leaves[leaf].spans.indices.max {
        leaves[leaf].spans[$0].visible < leaves[leaf].spans[$1].visible
      }
      guard let longest, leaves[leaf].spans[longest].visible > 1 else { return }
      let rest = leaves[leaf].spans[longest].cut(at: leaves[leaf].spans[longest].length / 2)
      leaves[leaf].spans.insert(rest, at: longest + 1)
      spanCount += 1
      split(number, at: longest + 1)
    } else {
      split(number, at: leaves[leaf].spans.count / 2)
    }
  }

  /// Moves the spans from `at` on into a new leaf behind, then splits both again if need be.
  private mutating func split(_ number: Int32, at first: Int) {
    let leaf = Int(number)
    let new = Int32(leaves.count)
    let kept = leaves[leaf].visible(inFirst: first)
    let offset = leaves[leaf].byteOffset(of: kept)
    var moved = Leaf(parent: -1, next: leaves[leaf].next)
    moved.visible = leaves[leaf].visible - kept
    moved.spans = Array(leaves[leaf].spans[first...])
    moved.text = Array(leaves[leaf].text[offset...])
    leaves[leaf].spans = Array(leaves[leaf].spans[..<first])
    leaves[leaf].text = Array(leaves[leaf].text[..<offset])
    leaves[leaf].visible = kept
    leaves[leaf].next = new
    leaves[leaf].reach = nil
    leaves.append(moved)
    for span in moved.spans { note(span, in: new) }
    attach(new, count: moved.visible, behind: number, level: 0)
    splitIfFull(number)
    splitIfFull(new)
  }

  /// Makes `new` the next sibling of `old` on a level (0: leaves); the characters were `old`'s.
  private mutating func attach(_ new: Int32, count: Int, behind old: Int32, level: Int) {
    let parent = level == 0 ? leaves[Int(old)].parent : branches[Int(old)].parent
    guard parent >= 0 else {
      let top = Int32(branches.count)
      branches.append(Branch(parent: -1, children: [old, new], counts: [visible - count, count]))
      setParent(of: old, level: level, to: top)
      setParent(of: new, level: level, to: top)
      root = top
      height += 1
      return
    }
    let place = Int(parent)
    let number = branches[place].children.firstIndex(of: old) ?? 0
    branches[place].counts[number] -= count
    branches[place].children.insert(new, at: number + 1)
    branches[place].counts.insert(count, at: number + 1)
    setParent(of: new, level: level, to: parent)
    guard branches[place].children.count > CRDTLimits.textBranchChildrenMax else { return }
    let half = branches[place].children.count / 2
    let split = Int32(branches.count)
    let moved = Branch(
      parent: -1, children: Array(branches[place].children[half...]),
      counts: Array(branches[place].counts[half...]))
    branches[place].children.removeSubrange(half...)
    branches[place].counts.removeSubrange(half...)
    branches[place].reach = nil
    branches.append(moved)
    for child in moved.children { setParent(of: child, level: level, to: split) }
    attach(split, count: moved.counts.reduce(0, +), behind: parent, level: level + 1)
  }

  private mutating func setParent(of node: Int32, level: Int, to parent: Int32) {
    if level == 0 {
      leaves[Int(node)].parent = parent
    } else {
      branches[Int(node)].parent = parent
    }
  }
}
