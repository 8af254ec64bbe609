/// A key of the trie: a string of 0…126 hexadecimal digits ("nibbles"), most significant first.
///
/// Ordered by its bytes (an unused low nibble and missing bytes count as zero), then by length, so
/// a key sorts directly before its extensions. Source: Nimiq Albatross, `KeyNibbles`.
///
/// The 126 nibbles and the length are exactly 64 bytes, so a key is eight words with no heap, and
/// its order is the order of those words: nibble 0 is the top of word 0, and the lowest byte of
/// word 7 is the length.
@frozen
public struct KeyNibbles: Sendable, Hashable, Comparable {
  @usableFromInline var words: InlineArray<8, UInt64>

  /// The key of no nibbles: the root's.
  public static let empty = KeyNibbles()

  @inlinable
  public init() {
    words = InlineArray(repeating: 0)
  }

  /// The key of `count` nibbles, 0…48, that fill the tops of three words as in `word`; what lies
  /// behind them must be zero.
  @inlinable
  public init(words first: UInt64, _ second: UInt64, _ third: UInt64, count: Int) {
    precondition(count <= 48, "three words hold 48 nibbles")
    words = [first, second, third, 0, 0, 0, 0, UInt64(count)]
  }

  /// Sixteen nibbles from `16 * index` on, the first one in the top four bits, zero behind the
  /// key's end. `index` is 0…7.
  @inlinable
  public func word(_ index: Int) -> UInt64 {
    index == 7 ? words[7] & ~0xff : words[index]
  }

  /// The key of both nibbles of each byte, high nibble first. At most 63 bytes.
  @inlinable
  public init(bytes: some Collection<UInt8>) {
    precondition(bytes.count <= PrimitiveLimits.keyBytesMax, "a key has at most 63 bytes")
    self.init()
    var index = 0
    for byte in bytes {
      words[index >> 3] |= UInt64(byte) &<< UInt64(56 - 8 * (index & 7))
      index += 1
    }
    words[7] |= UInt64(2 * bytes.count)
  }

  /// The key of the first `nibbles` nibbles stored at `source`, high nibble first. Reads exactly
  /// the bytes they fill; a last half byte may hold anything in its low nibble.
  @inlinable
  public init(loading source: UnsafeRawPointer, nibbles: Int) {
    precondition(nibbles <= PrimitiveLimits.keyNibblesMax, "a key has at most 126 nibbles")
    self.init()
    let byteCount = (nibbles + 1) / 2
    var done = 0
    while done + 8 <= byteCount {
      words[done >> 3] = UInt64(
        bigEndian: source.loadUnaligned(fromByteOffset: done, as: UInt64.self))
      done += 8
    }
    if done < byteCount {
      var tail: UInt64 = 0
      var shift: UInt64 = 64
      if done + 4 <= byteCount {
        let half = source.loadUnaligned(fromByteOffset: done, as: UInt32.self)
        shift = 32
        tail = UInt64(UInt32(bigEndian: half)) &<< shift
        done += 4
      }
      while done < byteCount {
        shift -= 8
        tail |= UInt64(source.load(fromByteOffset: done, as: UInt8.self)) &<< shift
        done += 1
      }
      words[(byteCount - 1) >> 3] = tail
    }
    if nibbles & 1 != 0 {
      words[nibbles >> 4] &= ~(UInt64.max &>> UInt64(4 * (nibbles & 15)))
    }
    words[7] |= UInt64(nibbles)
  }

  /// The key written as hexadecimal digits in any case, or as `ε`; nil for other text and for more
  /// than 126 digits.
  public init?(_ text: some StringProtocol) {
    self.init()
    if text == "ε" { return }
    for character in text.utf8 {
      guard let nibble = Hex.nibble(character), count < PrimitiveLimits.keyNibblesMax else {
        return nil
      }
      append(nibble)
    }
  }

  /// Number of nibbles, 0…126.
  @inlinable
  public var count: Int { Int(words[7] & 0xff) }

  /// True for the root's key.
  @inlinable
  public var isEmpty: Bool { count == 0 }

  /// Number of bytes the nibbles fill, the last one perhaps by half.
  @inlinable
  public var byteCount: Int { (count + 1) / 2 }

  /// Nibble `index`, 0…15. `index` must be below `count`.
  @inlinable
  public subscript(index: Int) -> Int {
    precondition(index >= 0 && index < count, "nibble index out of range")
    return Int((words[index >> 4] &>> UInt64(60 - 4 * (index & 15))) & 15)
  }

  /// The bytes of the nibbles, high nibble first, an unused low nibble zero.
  public var bytes: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialized in
      store(to: UnsafeMutableRawPointer(buffer.baseAddress!))
      initialized = byteCount
    }
  }

  /// Writes the `byteCount` bytes to `target`.
  @inlinable
  public func store(to target: UnsafeMutableRawPointer) {
    let total = byteCount
    var done = 0
    var word = 0
    while done + 8 <= total {
      target.storeBytes(of: words[word].bigEndian, toByteOffset: done, as: UInt64.self)
      word += 1
      done += 8
    }
    while done < total {
      let byte = UInt8(truncatingIfNeeded: words[done >> 3] &>> UInt64(56 - 8 * (done & 7)))
      target.storeBytes(of: byte, toByteOffset: done, as: UInt8.self)
      done += 1
    }
  }

  /// Adds one nibble at the end. The key must be shorter than 126.
  @inlinable
  public mutating func append(_ nibble: some BinaryInteger) {
    let length = count
    precondition(length < PrimitiveLimits.keyNibblesMax && nibble < 16 && nibble >= 0)
    words[length >> 4] |= UInt64(nibble) &<< UInt64(60 - 4 * (length & 15))
    words[7] += 1
  }

  /// This key with one nibble added. It must be shorter than 126.
  @inlinable
  public func appending(_ nibble: Int) -> KeyNibbles {
    var key = self
    key.append(nibble)
    return key
  }

  /// This key followed by `other`, or nil if that is longer than 126.
  public func appending(_ other: KeyNibbles) -> KeyNibbles? {
    let length = count
    guard length + other.count <= PrimitiveLimits.keyNibblesMax else { return nil }
    var key = self
    let shift = UInt64(4 * (length & 15))
    let offset = length >> 4
    var payload = other.words
    payload[7] &= ~0xff
    for index in stride(from: 7, through: offset, by: -1) {
      var word = payload[index - offset] &>> shift
      if shift > 0, index - offset > 0 { word |= payload[index - offset - 1] &<< (64 - shift) }
      key.words[index] |= word
    }
    key.words[7] = (key.words[7] & ~0xff) | UInt64(length + other.count)
    return key
  }

  /// The first `length` nibbles; all of them if there are fewer.
  @inlinable
  public func prefix(_ length: Int) -> KeyNibbles {
    if length >= count { return self }
    var key = KeyNibbles()
    let full = length >> 4
    var index = 0
    while index < full {
      key.words[index] = words[index]
      index += 1
    }
    if length & 15 != 0 {
      key.words[full] = words[full] & ~(UInt64.max &>> UInt64(4 * (length & 15)))
    }
    key.words[7] |= UInt64(length)
    return key
  }

  /// The nibbles from `start` on; none if there are not so many.
  @inlinable
  public func suffix(from start: Int) -> KeyNibbles {
    let length = count
    if start >= length { return KeyNibbles() }
    var key = KeyNibbles()
    let shift = UInt64(4 * (start & 15))
    let offset = start >> 4
    var payload = words
    payload[7] &= ~0xff
    var index = 0
    while index + offset < 8 {
      var word = payload[index + offset] &<< shift
      if shift > 0, index + offset + 1 < 8 { word |= payload[index + offset + 1] &>> (64 - shift) }
      key.words[index] = word
      index += 1
    }
    key.words[7] |= UInt64(length - start)
    return key
  }

  /// The nibbles from `start` up to but not with `end`; empty if that is no range of this key.
  public func slice(_ start: Int, _ end: Int) -> KeyNibbles {
    end > start ? prefix(end).suffix(from: start) : KeyNibbles()
  }

  /// Number of nibbles both keys begin with.
  @inlinable
  public func commonPrefixLength(with other: KeyNibbles) -> Int {
    let most = min(count, other.count)
    var index = 0
    while index < 8 {
      let difference = words[index] ^ other.words[index]
      if difference != 0 {
        return min(most, index * 16 + difference.leadingZeroBitCount / 4)
      }
      index += 1
    }
    return most
  }

  /// The longest key that both begin with.
  public func commonPrefix(with other: KeyNibbles) -> KeyNibbles {
    prefix(commonPrefixLength(with: other))
  }

  /// True if `other` begins with this key (a key begins with itself).
  @inlinable
  public func isPrefix(of other: KeyNibbles) -> Bool {
    commonPrefixLength(with: other) == count
  }

  /// The next key in the order: this one with a `0` appended, or nil at 126 nibbles.
  public var successor: KeyNibbles? {
    count < PrimitiveLimits.keyNibblesMax ? appending(0) : nil
  }

  /// The first key after this one and all its extensions, or nil if there is none.
  public var subtreeEnd: KeyNibbles? {
    var length = count
    while length > 0, self[length - 1] == 15 { length -= 1 }
    guard length > 0 else { return nil }
    return prefix(length - 1).appending(self[length - 1] + 1)
  }

  /// Post-order: like `<`, but a key comes after its extensions (children before parents).
  public func precedesInPostOrder(_ other: KeyNibbles) -> Bool {
    if self == other { return false }
    if isPrefix(of: other) { return false }
    if other.isPrefix(of: self) { return true }
    return self < other
  }

  @inlinable
  public static func == (a: KeyNibbles, b: KeyNibbles) -> Bool {
    var index = 0
    while index < 8 {
      if a.words[index] != b.words[index] { return false }
      index += 1
    }
    return true
  }

  @inlinable
  public static func < (a: KeyNibbles, b: KeyNibbles) -> Bool {
    var index = 0
    while index < 8 {
      if a.words[index] != b.words[index] { return a.words[index] < b.words[index] }
      index += 1
    }
    return false
  }

  @inlinable
  public func hash(into hasher: inout Hasher) {
    for index in 0..<8 { hasher.combine(words[index]) }
  }
}

extension KeyNibbles: CustomStringConvertible {
  /// Lower-case hexadecimal digits; `ε` for the empty key.
  public var description: String { isEmpty ? "ε" : hex }

  /// Lower-case hexadecimal digits, one a nibble.
  public var hex: String {
    String((0..<count).map { Character(String(self[$0], radix: 16)) })
  }
}

extension KeyNibbles: WireCodable {
  /// One byte number of nibbles, varint number of bytes, the bytes.
  public func encode(to encoder: inout WireEncoder) {
    withUnsafeTemporaryAllocation(byteCount: 66, alignment: 8) { buffer in
      let base = buffer.baseAddress!
      base.storeBytes(of: UInt8(count), as: UInt8.self)
      base.storeBytes(of: UInt8(byteCount), toByteOffset: 1, as: UInt8.self)
      store(to: base + 2)
      encoder.append(raw: UnsafeRawBufferPointer(start: base, count: 2 + byteCount))
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    let nibbles = Int(try decoder.byte())
    guard nibbles <= PrimitiveLimits.keyNibblesMax else {
      throw .lengthTooLarge(UInt64(nibbles), limit: PrimitiveLimits.keyNibblesMax, at: start)
    }
    let countOffset = decoder.offset
    let bytes = try decoder.count()
    guard bytes == (nibbles + 1) / 2 else {
      throw .invalidValue("key of \(nibbles) nibbles in \(bytes) bytes", at: countOffset)
    }
    let dataOffset = decoder.offset
    let data = try decoder.raw(bytes)
    if nibbles % 2 == 1, data.last! & 15 != 0 {
      throw .invalidValue("unused nibble of a key is not zero", at: dataOffset + bytes - 1)
    }
    self.init(bytes: data)
    words[7] = (words[7] & ~0xff) | UInt64(nibbles)
  }
}
