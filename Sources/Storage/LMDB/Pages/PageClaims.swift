/// A set of pages of a file, in which each can be once.
struct PageClaims {
  let lastPage: UInt64
  private var words: [UInt64]

  /// No pages of those up to `lastPage`, which must have been checked.
  init(lastPage: UInt64) {
    self.lastPage = lastPage
    words = [UInt64](repeating: 0, count: Int(lastPage / 64) + 1)
  }

  /// Adds a page; says why it cannot be.
  mutating func claim(_ page: UInt64) -> String? {
    guard page <= lastPage else { return "it is behind the last page, \(lastPage)" }
    let (word, bit) = (Int(page / 64), UInt64(1) << (page % 64))
    guard words[word] & bit == 0 else { return "it is named twice" }
    words[word] |= bit
    return nil
  }

  /// The first page that is in both sets.
  func firstShared(with other: PageClaims) -> UInt64? {
    first { words[$0] & other.words[$0] }
  }

  /// The first page that is in none of both sets.
  func firstMissing(with other: PageClaims) -> UInt64? {
    let page = first { ~(words[$0] | other.words[$0]) }
    return page.flatMap { $0 <= lastPage ? $0 : nil }
  }

  private func first(_ word: (Int) -> UInt64) -> UInt64? {
    for index in words.indices {
      let bits = word(index)
      if bits != 0 { return UInt64(index * 64 + bits.trailingZeroBitCount) }
    }
    return nil
  }
}
