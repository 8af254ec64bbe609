/// Replies in a row, written into memory that is used again and again.
///
/// Types that RESP2 has not are written as Redis writes them for its clients: a map as an array of
/// keys and values, a set as an array, a double as a bulk string, a truth as 1 or 0.
public struct ReplyBuffer: ~Copyable {
  @usableFromInline var base: UnsafeMutableRawPointer
  @usableFromInline var capacity: Int
  /// Bytes written.
  public private(set) var count = 0
  /// For which clients replies are written from now on.
  public var version = RESPVersion.two

  private static let capacityMin = 4_096

  public init() {
    capacity = Self.capacityMin
    base = .allocate(byteCount: capacity, alignment: 16)
  }

  deinit { base.deallocate() }

  /// All that was written. Valid until the next change.
  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// A byte that was written.
  public func byte(at place: Int) -> UInt8 {
    precondition((0..<count).contains(place), "byte \(place) of \(count)")
    return base.load(fromByteOffset: place, as: UInt8.self)
  }

  /// Forgets what was written from `count` on.
  public mutating func cut(to count: Int) {
    precondition((0...self.count).contains(count), "\(count) of \(self.count) bytes")
    self.count = count
  }

  /// Forgets all, and gives memory back beyond `kept` bytes.
  public mutating func clear(keeping kept: Int) {
    count = 0
    guard capacity > max(kept, Self.capacityMin) else { return }
    base.deallocate()
    capacity = Self.capacityMin
    base = .allocate(byteCount: capacity, alignment: 16)
  }

  @inline(__always)
  private mutating func reserve(_ more: Int) {
    if capacity - count < more { grow(more) }
  }

  @inline(never)
  private mutating func grow(_ more: Int) {
    capacity = max(capacity * 2, count + more)
    let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    larger.copyMemory(from: base, byteCount: count)
    base.deallocate()
    base = larger
  }

  // MARK: Bytes

  /// Appends bytes as they are.
  @inline(__always)
  public mutating func append(_ bytes: UnsafeRawBufferPointer) {
    reserve(bytes.count)
    if let start = bytes.baseAddress {
      (base + count).copyMemory(from: start, byteCount: bytes.count)
    }
    count += bytes.count
  }

  /// Appends text as it is.
  @inline(__always)
  public mutating func append(_ text: StaticString) {
    append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  /// A marker, a number and the end of the line.
  @inline(__always)
  private mutating func line(_ marker: UInt8, _ number: Int64) {
    reserve(DecimalText.digitsMax + 3)
    let target = (base + count).assumingMemoryBound(to: UInt8.self)
    target[0] = marker
    var end = 1
    if number >= 0, number < 10 {
      target[1] = UInt8(truncatingIfNeeded: number) &+ UInt8(ascii: "0")
      end = 2
    } else {
      end += DecimalText.write(number, to: target + 1)
    }
    target[end] = 13
    target[end + 1] = 10
    count += end + 2
  }

  // MARK: Replies

  /// A simple string, such as "OK", without line breaks.
  public mutating func simple(_ text: StaticString) {
    append("+")
    append(text)
    append("\r\n")
  }

  /// An error: its code and its words. Line breaks become spaces.
  public mutating func error(_ text: String) {
    append("-")
    let start = count
    append(text)
    let written = (base + start).assumingMemoryBound(to: UInt8.self)
    for index in 0..<count - start where written[index] == 10 || written[index] == 13 {
      written[index] = 32
    }
    append("\r\n")
  }

  /// An error of fixed words, without line breaks.
  public mutating func error(_ text: StaticString) {
    append("-")
    append(text)
    append("\r\n")
  }

  public mutating func integer(_ number: Int64) { line(UInt8(ascii: ":"), number) }

  /// A bulk string.
  @inline(__always)
  public mutating func bulk(_ bytes: UnsafeRawBufferPointer) {
    reserve(bytes.count + DecimalText.digitsMax + 5)
    line(UInt8(ascii: "$"), Int64(bytes.count))
    append(bytes)
    append("\r\n")
  }

  public mutating func bulk(_ bytes: [UInt8]) { bytes.withUnsafeBytes { bulk($0) } }

  public mutating func bulk(_ text: String) {
    var text = text
    text.withUTF8 { bulk(UnsafeRawBufferPointer($0)) }
  }

  /// The absence of a value.
  public mutating func null() { version == .three ? append("_\r\n") : append("$-1\r\n") }

  /// The absence of an array.
  public mutating func nullArray() { version == .three ? append("_\r\n") : append("*-1\r\n") }

  /// The begin of an array, whose elements follow.
  public mutating func array(_ count: Int) { line(UInt8(ascii: "*"), Int64(count)) }

  /// The begin of a map of `count` pairs.
  public mutating func map(_ count: Int) {
    version == .three
      ? line(UInt8(ascii: "%"), Int64(count)) : line(UInt8(ascii: "*"), Int64(2 * count))
  }

  /// The begin of a set.
  public mutating func set(_ count: Int) {
    line(version == .three ? UInt8(ascii: "~") : UInt8(ascii: "*"), Int64(count))
  }

  /// The begin of a message that nobody asked for.
  public mutating func push(_ count: Int) {
    line(version == .three ? UInt8(ascii: ">") : UInt8(ascii: "*"), Int64(count))
  }

  /// A truth.
  public mutating func boolean(_ isTrue: Bool) {
    guard version == .three else { return integer(isTrue ? 1 : 0) }
    isTrue ? append("#t\r\n") : append("#f\r\n")
  }

  /// A number in floating point: "inf", "-inf", "nan", or the shortest digits that give it back.
  public mutating func double(_ number: Double) {
    let text: String
    if number.isNaN {
      text = "nan"
    } else if number.isInfinite {
      text = number < 0 ? "-inf" : "inf"
    } else if let whole = Int64(exactly: number) {
      text = String(whole)
    } else {
      text = "\(number)"
    }
    guard version == .three else { return bulk(text) }
    append(",")
    append(text)
    append("\r\n")
  }

  /// Text for people.
  public mutating func verbatim(_ text: String) {
    guard version == .three else { return bulk(text) }
    line(UInt8(ascii: "="), Int64(text.utf8.count + 4))
    append("txt:")
    append(text)
    append("\r\n")
  }
}
