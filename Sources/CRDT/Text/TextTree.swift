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
    /// Nil: not known.
    var reach: Reach?

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
    /// Nil: not known.
    var reach: Reach?
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

  var leaves = [Leaf(parent: -1, next: -1)]
  var branches: [Branch] = []
  /// A leaf if `height` is 0, else a branch.
  var root: Int32 = 0
  var height = 0
  private var index: [TextAgentIndex] = []
  /// Visible characters.
  private(set) var visible = 0
  /// Characters that there ever were.
  private(set) var count = 0
  /// Spans of all leaves: no fewer than there are runs in the wire form.
  var spanCount = 0
  /// Runs, leaves and branches that were looked at to find places for insertions.
  var searchSteps = 0
  /// How often it was asked whether what an insertion stands on is here.
  var baseChecks = 0

  // MARK: Finding

  var start: Cursor { Cursor(leaf: 0, span: 0, offset: 0) }

  var end: Cursor {
    var node = root
    for _ in 0..<height {
      let children = branches[Int(node)].children
      node = children[children.count - 1]
    }
    let spans = leaves[Int(node)].spans
    return Cursor(leaf: node, span: max(0, spans.count - 1), offset: spans.last?.length ?? 0)
  }

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

  /// The last counter of an agent before `counter`, 0 if there is none.
  func counter(of agent: UInt32, before counter: UInt32) -> UInt32 {
    agent < index.count ? index[Int(agent)].counter(before: counter) : 0
  }

  /// UTF-8 of visible characters of one span, from the cursor on.
  func text(at cursor: Cursor, length: Int) -> [UInt8] {
    let leaf = leaves[Int(cursor.leaf)]
    let first = leaf.visible(inFirst: cursor.span) + cursor.offset
    return Array(leaf.text[leaf.byteOffset(of: first)..<leaf.byteOffset(of: first + length)])
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
        spanCount += 1
      }
      number += 1
    }
    if number > 0, leaves[leaf].spans[number - 1].isContinued(by: span) {
      leaves[leaf].spans[number - 1].append(span)
    } else {
      leaves[leaf].spans.insert(span, at: number)
      spanCount += 1
    }
    count += span.length
    note(span, in: cursor.leaf)
    widen(cursor.leaf, by: span)
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
      spanCount += 1
    }
    if leaves[leaf].spans[number].length > taken {
      let rest = leaves[leaf].spans[number].cut(at: taken)
      leaves[leaf].spans.insert(rest, at: number + 1)
      spanCount += 1
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
    spanCount -= 1
  }

  mutating func note(_ span: TextSpan, in leaf: Int32) {
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
