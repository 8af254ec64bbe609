/// The characters of a text in their order, deleted ones among them: a B-tree over spans, with the
/// visible text in the leaves and counts of visible characters in the branches.
///
/// Nothing is ever taken out, so numbers of leaves and branches stay valid. Positions and lengths
/// are in Unicode scalars.
struct TextTree {
  struct Leaf {
    var parent: Int32
    var next: Int32
    var visible = 0
    var spans: [TextSpan] = []
    /// UTF-8 of the visible characters.
    var text: [UInt8] = []

    /// The offset in `text` of the visible character `index`.
    func byteOffset(of index: Int) -> Int {
      if text.count == visible { return index }
      if index == visible { return text.count }
      var (offset, left) = (0, index)
      while true {
        // Bytes of the form 10xxxxxx go on with a character.
        if text[offset] & 0xc0 != 0x80 {
          if left == 0 { return offset }
          left -= 1
        }
        offset += 1
      }
    }

    /// Visible characters in the first `count` spans.
    func visible(inFirst count: Int) -> Int {
      var sum = 0
      for index in 0..<count { sum += spans[index].visible }
      return sum
    }
  }

  struct Branch {
    var parent: Int32
    var children: [Int32] = []
    /// Visible characters below each child.
    var counts: [Int] = []
  }

  /// A gap between characters: before the character `offset` of a span, or behind its last one.
  struct Cursor {
    var leaf: Int32
    var span: Int
    var offset: Int
  }

  /// Where a character is, ordered like the text.
  struct Place: Comparable {
    /// The numbers of the children on the way from the root.
    var path: UInt64
    var span: Int
    var offset: Int

    static func < (a: Place, b: Place) -> Bool {
      if a.path != b.path { return a.path < b.path }
      return a.span == b.span ? a.offset < b.offset : a.span < b.span
    }
  }

  private(set) var leaves = [Leaf(parent: -1, next: -1)]
  private(set) var branches: [Branch] = []
  /// A leaf if `height` is 0, else a branch.
  private var root: Int32 = 0
  private var height = 0
  private var index: [TextAgentIndex] = []
  /// Visible characters.
  private(set) var visible = 0
  /// Characters that there ever were.
  private(set) var count = 0

  // MARK: Finding

  var start: Cursor { Cursor(leaf: 0, span: 0, offset: 0) }

  /// The last counter of an agent, 0 if it has written nothing.
  func last(of agent: UInt32) -> UInt32 {
    agent < index.count ? index[Int(agent)].last : 0
  }

  /// Where a character is, as the gap before it; nil if it is not here.
  func find(_ id: TextID) -> Cursor? {
    guard id.agent < index.count, let leaf = index[Int(id.agent)].leaf(of: id.counter) else {
      return nil
    }
    return leaves[Int(leaf)].spans.withUnsafeBufferPointer { spans in
      for number in spans.indices {
        if let offset = spans[number].offset(of: id) {
          return Cursor(leaf: leaf, span: number, offset: offset)
        }
      }
      return nil
    }
  }

  func contains(_ id: TextID) -> Bool {
    id.agent < index.count && index[Int(id.agent)].leaf(of: id.counter) != nil
  }

  /// The first counter of an agent behind `counter` of which there is a character.
  func counter(of agent: UInt32, after counter: UInt32) -> UInt32? {
    agent < index.count ? index[Int(agent)].counter(after: counter) : nil
  }

  /// The gap behind the visible character `position` - 1; the start if that is 0.
  func find(position: Int) -> Cursor {
    guard position > 0 else { return start }
    var left = position
    var node = root
    for _ in 0..<height {
      let branch = branches[Int(node)]
      var child = 0
      while left > branch.counts[child] {
        left -= branch.counts[child]
        child += 1
      }
      node = branch.children[child]
    }
    return leaves[Int(node)].spans.withUnsafeBufferPointer { spans in
      var number = 0
      while left > spans[number].visible {
        left -= spans[number].visible
        number += 1
      }
      return Cursor(leaf: node, span: number, offset: left)
    }
  }

  /// The cursor as the gap before a character of the same place in the text; nil at the end.
  func before(_ cursor: Cursor) -> Cursor? {
    var result = cursor
    while true {
      let spans = leaves[Int(result.leaf)].spans
      if result.span < spans.count {
        if result.offset < spans[result.span].length { return result }
        result.span += 1
      } else {
        guard leaves[Int(result.leaf)].next >= 0 else { return nil }
        result = Cursor(leaf: leaves[Int(result.leaf)].next, span: 0, offset: 0)
      }
      result.offset = 0
    }
  }

  /// The character behind `cursor`, deleted or not.
  func idBehind(_ cursor: Cursor) -> TextID {
    before(cursor).map { span(at: $0).id(at: $0.offset) } ?? .none
  }

  func span(at cursor: Cursor) -> TextSpan { leaves[Int(cursor.leaf)].spans[cursor.span] }

  /// The place of the character behind `cursor`, to compare.
  func place(of cursor: Cursor) -> Place {
    var path: UInt64 = 0
    var shift: UInt64 = 0
    var child = cursor.leaf
    var parent = leaves[Int(child)].parent
    while parent >= 0 {
      let number = branches[Int(parent)].children.firstIndex(of: child) ?? 0
      path |= UInt64(number) << shift
      shift += 6
      child = parent
      parent = branches[Int(parent)].parent
    }
    return Place(path: path, span: cursor.span, offset: cursor.offset)
  }

  // MARK: Changing

  /// Puts a span into the gap at `cursor`; `text` is empty if it is deleted.
  mutating func insert(_ span: TextSpan, at cursor: Cursor, text: some Collection<UInt8>) {
    let leaf = Int(cursor.leaf)
    if !span.isDeleted {
      let before =
        cursor.span < leaves[leaf].spans.count && !leaves[leaf].spans[cursor.span].isDeleted
        ? cursor.offset : 0
      let character = leaves[leaf].visible(inFirst: cursor.span) + before
      let offset = leaves[leaf].byteOffset(of: character)
      leaves[leaf].text.insert(contentsOf: text, at: offset)
      addVisible(span.length, to: cursor.leaf)
    }
    var number = cursor.span
    if cursor.offset > 0 {
      if cursor.offset < leaves[leaf].spans[number].length {
        let rest = leaves[leaf].spans[number].cut(at: cursor.offset)
        leaves[leaf].spans.insert(rest, at: number + 1)
      }
      number += 1
    }
    if number > 0, leaves[leaf].spans[number - 1].isContinued(by: span) {
      leaves[leaf].spans[number - 1].append(span)
    } else {
      leaves[leaf].spans.insert(span, at: number)
    }
    count += span.length
    note(span, in: cursor.leaf)
    splitIfFull(cursor.leaf)
  }

  /// Deletes up to `length` characters behind the gap at `cursor`, which stands before one, within
  /// its span; returns how many that are and whether they were visible.
  mutating func delete(at cursor: Cursor, length: Int) -> (count: Int, changed: Bool) {
    let leaf = Int(cursor.leaf)
    let span = leaves[leaf].spans[cursor.span]
    let taken = min(length, span.length - cursor.offset)
    guard !span.isDeleted else { return (taken, false) }
    let character = leaves[leaf].visible(inFirst: cursor.span) + cursor.offset
    let bytes =
      leaves[leaf].byteOffset(of: character)..<leaves[leaf].byteOffset(of: character + taken)
    leaves[leaf].text.removeSubrange(bytes)
    addVisible(-taken, to: cursor.leaf)
    var number = cursor.span
    if cursor.offset > 0 {
      let rest = leaves[leaf].spans[number].cut(at: cursor.offset)
      number += 1
      leaves[leaf].spans.insert(rest, at: number)
    }
    if leaves[leaf].spans[number].length > taken {
      let rest = leaves[leaf].spans[number].cut(at: taken)
      leaves[leaf].spans.insert(rest, at: number + 1)
    }
    leaves[leaf].spans[number].delete()
    join(number, in: leaf)
    join(number - 1, in: leaf)
    splitIfFull(cursor.leaf)
    return (taken, true)
  }

  /// Makes the span `number` and the next one of a leaf one, if they can be.
  private mutating func join(_ number: Int, in leaf: Int) {
    guard number >= 0, number + 1 < leaves[leaf].spans.count else { return }
    let next = leaves[leaf].spans[number + 1]
    guard leaves[leaf].spans[number].isContinued(by: next) else { return }
    leaves[leaf].spans[number].append(next)
    leaves[leaf].spans.remove(at: number + 1)
  }

  private mutating func note(_ span: TextSpan, in leaf: Int32) {
    while index.count <= Int(span.id.agent) { index.append(TextAgentIndex()) }
    index[Int(span.id.agent)].set(span.id.counter, span.end, leaf)
  }

  private mutating func addVisible(_ count: Int, to leaf: Int32) {
    visible += count
    leaves[Int(leaf)].visible += count
    var child = leaf
    var parent = leaves[Int(leaf)].parent
    while parent >= 0 {
      let number = branches[Int(parent)].children.firstIndex(of: child) ?? 0
      branches[Int(parent)].counts[number] += count
      child = parent
      parent = branches[Int(parent)].parent
    }
  }

  // MARK: Splitting

  private mutating func splitIfFull(_ number: Int32) {
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

extension TextTree {
  /// Bytes that it takes in memory beside the visible text.
  var storageBytes: Int {
    var sum = leaves.capacity * MemoryLayout<Leaf>.stride
    sum += branches.capacity * MemoryLayout<Branch>.stride
    for leaf in leaves {
      sum += leaf.spans.capacity * MemoryLayout<TextSpan>.stride
      sum += leaf.text.capacity - leaf.text.count
    }
    for branch in branches {
      sum += branch.children.capacity * 4 + branch.counts.capacity * 8
    }
    return sum + index.reduce(0) { $0 + $1.storageBytes }
  }

  /// Calls `body` with each leaf in the order of the text.
  func forEachLeaf(_ body: (Leaf) -> Void) {
    var leaf: Int32 = 0
    while leaf >= 0 {
      body(leaves[Int(leaf)])
      leaf = leaves[Int(leaf)].next
    }
  }

  /// The visible text as UTF-8.
  var text: [UInt8] {
    var bytes: [UInt8] = []
    forEachLeaf { bytes += $0.text }
    return bytes
  }

  /// All spans in their order, with each as long as it can be: the same for equal texts.
  var spans: [TextSpan] {
    var spans: [TextSpan] = []
    forEachLeaf { leaf in
      for span in leaf.spans {
        if let last = spans.last, last.isContinued(by: span) {
          spans[spans.count - 1].append(span)
        } else {
          spans.append(span)
        }
      }
    }
    return spans
  }
}
