/// A branch or leaf page whose layout has been checked: nothing that it is asked for later can lie
/// outside of it.
struct TreePage {
  let bytes: UnsafeRawBufferPointer
  let count: Int
  let isLeaf: Bool

  /// Checks the layout of page `number`; says what is wrong with it.
  ///
  /// Nodes stand without gaps from the upper end of the free space to the end of the page, each at
  /// an even place, and the offsets to them from the page's header to the lower end.
  static func check(
    _ bytes: UnsafeRawBufferPointer, number: UInt64, isLeaf: Bool
  ) -> Result<TreePage, PageFault> {
    let found: UInt64 = bytes.number(at: 0)
    guard found == number else { return .failure("it says it is page \(found)") }
    let kind: UInt16 = bytes.number(at: PageFormat.kindOffset)
    guard kind == (isLeaf ? PageFormat.leaf : PageFormat.branch) else {
      return .failure("its kind is \(kind), not that of a \(isLeaf ? "leaf" : "branch")")
    }
    let lower = Int(bytes.number(at: PageFormat.lowerOffset, as: UInt16.self))
    let upper = Int(bytes.number(at: PageFormat.upperOffset, as: UInt16.self))
    guard lower >= PageFormat.headerBytes, lower % 2 == 0, lower <= upper, upper <= bytes.count
    else { return .failure("its free space is from \(lower) to \(upper)") }
    let page = TreePage(
      bytes: bytes, count: (lower - PageFormat.headerBytes) / 2, isLeaf: isLeaf)
    if let fault = page.fault(upper: upper) { return .failure(fault) }
    return .success(page)
  }

  private init(bytes: UnsafeRawBufferPointer, count: Int, isLeaf: Bool) {
    self.bytes = bytes
    self.count = count
    self.isLeaf = isLeaf
  }

  private func fault(upper: Int) -> PageFault? {
    // One bit for each two bytes of the page: which of them a node has taken.
    var taken = InlineArray<256, UInt64>(repeating: 0)
    var total = 0
    for index in 0..<count {
      let start = offset(index)
      guard start >= upper, start % 2 == 0, start + PageFormat.nodeHeaderBytes <= bytes.count else {
        return "its node \(index) begins at \(start)"
      }
      let length = (nodeBytes(start) + 1) & ~1
      guard start + length <= bytes.count else {
        return "its node \(index) has \(length) bytes"
      }
      guard Self.take(start / 2, (start + length) / 2, &taken) else {
        return "its node \(index) overlaps another"
      }
      total += length
    }
    return total == bytes.count - upper ? nil : "its nodes have \(total) bytes"
  }

  /// Marks places as taken; false if one is already.
  private static func take(
    _ first: Int, _ end: Int, _ taken: inout InlineArray<256, UInt64>
  ) -> Bool {
    var place = first
    while place < end {
      let count = min(64 - place % 64, end - place)
      let mask = (UInt64.max >> UInt64(64 - count)) << UInt64(place % 64)
      guard taken[place / 64] & mask == 0 else { return false }
      taken[place / 64] |= mask
      place += count
    }
    return true
  }

  private func nodeBytes(_ start: Int) -> Int {
    let key = Int(bytes.number(at: start + PageFormat.nodeKeyOffset, as: UInt16.self))
    guard isLeaf else { return PageFormat.nodeHeaderBytes + key }
    let flags: UInt16 = bytes.number(at: start + PageFormat.nodeFlagsOffset)
    let value = flags & PageFormat.longValue == 0 ? length(start) : 8
    return PageFormat.nodeHeaderBytes + key + value
  }

  private func length(_ start: Int) -> Int {
    Int(bytes.number(at: start, as: UInt32.self))
  }

  private func offset(_ index: Int) -> Int {
    Int(bytes.number(at: PageFormat.headerBytes + 2 * index, as: UInt16.self))
  }

  func key(_ index: Int) -> UnsafeRawBufferPointer {
    let start = offset(index)
    let count = Int(bytes.number(at: start + PageFormat.nodeKeyOffset, as: UInt16.self))
    return bytes.part(start + PageFormat.nodeHeaderBytes, count)
  }

  /// The flags of a leaf's node.
  func flags(_ index: Int) -> UInt16 {
    bytes.number(at: offset(index) + PageFormat.nodeFlagsOffset)
  }

  /// The length of the value of a leaf's node, wherever it stands.
  func valueBytes(_ index: Int) -> Int { length(offset(index)) }

  /// What stands behind the key of a leaf's node: the value, or the number of its first page.
  func value(_ index: Int) -> UnsafeRawBufferPointer {
    let start = offset(index)
    let skipped = PageFormat.nodeHeaderBytes + key(index).count
    return bytes.part(start + skipped, nodeBytes(start) - skipped)
  }

  /// The page below a branch's node: six bytes.
  func child(_ index: Int) -> UInt64 {
    let start = offset(index)
    let low = UInt64(bytes.number(at: start, as: UInt32.self))
    return low | UInt64(bytes.number(at: start + 4, as: UInt16.self)) << 32
  }
}

/// What is wrong with a page, in words.
struct PageFault: Error, ExpressibleByStringInterpolation {
  let text: String

  init(stringLiteral text: String) { self.text = text }
}
