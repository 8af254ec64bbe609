import Primitives

/// The head of a file in an archive of POSIX.1-1988 ("ustar"), of which only the plainest form is
/// written and read: regular files with short names, owned by nobody, of no time.
struct TarEntry: Equatable {
  static let blockBytes = 512
  /// Two blocks of zeros end an archive.
  static let endBytes = 2 * blockBytes

  /// A path of at most 100 bytes.
  var name: String
  /// Bytes of the file.
  var bytes: Int

  /// Bytes of zeros after the file, so that the next head begins a block.
  var padding: Int { (Self.blockBytes - bytes % Self.blockBytes) % Self.blockBytes }

  /// The head as a block.
  var block: [UInt8] {
    var block = [UInt8](repeating: 0, count: Self.blockBytes)
    func put(_ text: String, _ offset: Int) {
      block.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
    }
    put(name, Field.name)
    put("0000644", Field.mode)
    put("0000000", Field.user)
    put("0000000", Field.group)
    put(Self.octal(bytes, digits: 11), Field.size)
    put("00000000000", Field.time)
    put("0", Field.type)
    put("ustar", Field.magic)
    put("00", Field.version)
    put("0000000", Field.major)
    put("0000000", Field.minor)
    // The sum counts its own field as blanks.
    let sum = block.reduce(8 * Int(UInt8(ascii: " "))) { $0 + Int($1) }
    put(Self.octal(sum, digits: 6), Field.sum)
    block[Field.sum + 7] = UInt8(ascii: " ")
    return block
  }

  /// Offsets of POSIX.1-1988, 10.1.1.
  private enum Field {
    static let name = 0
    static let mode = 100
    static let user = 108
    static let group = 116
    static let size = 124
    static let time = 136
    static let sum = 148
    static let type = 156
    static let magic = 257
    static let version = 263
    static let major = 329
    static let minor = 337
  }

  /// Bytes of a name.
  static let nameBytesMax = 100

  private static func octal(_ number: Int, digits: Int) -> String {
    let text = String(number, radix: 8)
    precondition(text.utf8.count <= digits, "\(number) does not fit \(digits) octal digits")
    return String(repeating: "0", count: digits - text.utf8.count) + text
  }

  init(name: String, bytes: Int) {
    precondition(name.utf8.count <= Self.nameBytesMax, "'\(name)' is too long a name")
    self.name = name
    self.bytes = bytes
  }

  /// Reads a head; a fault is told as what is wrong with it. Nothing but what `block` writes is
  /// read, but for owner, time and permissions, which other programs set.
  init(_ block: [UInt8]) throws(TarFault) {
    precondition(block.count == Self.blockBytes, "a head of \(block.count) bytes")
    guard Array(block[Field.magic..<Field.magic + 6]) == Array("ustar\0".utf8),
      Array(block[Field.version..<Field.version + 2]) == Array("00".utf8)
    else { throw TarFault("it is no ustar archive") }
    let sum = try Self.number(block[Field.sum..<Field.sum + 8], "checksum")
    var blank = block
    for index in Field.sum..<Field.sum + 8 { blank[index] = UInt8(ascii: " ") }
    guard sum == blank.reduce(0, { $0 + Int($1) }) else { throw TarFault("its checksum is wrong") }
    let field = block[Field.name..<Field.name + Self.nameBytesMax]
    let bytes = field.prefix { $0 != 0 }
    guard !bytes.isEmpty, field[bytes.endIndex...].allSatisfy({ $0 == 0 }) else {
      throw TarFault("a file has no name")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw TarFault("a name is not UTF-8")
    }
    name = text
    guard block[Field.type] == UInt8(ascii: "0") || block[Field.type] == 0 else {
      throw TarFault("'\(text)' is no regular file")
    }
    // The link's name and the prefix of longer names.
    guard block[157..<257].allSatisfy({ $0 == 0 }), block[345..<512].allSatisfy({ $0 == 0 }) else {
      throw TarFault("'\(text)' has a longer name or a link")
    }
    self.bytes = try Self.number(block[Field.size..<Field.size + 12], "size of '\(text)'")
  }

  /// Octal digits up to a blank or zero byte; nothing but those may follow.
  private static func number(_ field: ArraySlice<UInt8>, _ what: String) throws(TarFault) -> Int {
    let digits = field.prefix { (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }
    let rest = field[digits.endIndex...]
    guard !digits.isEmpty, rest.allSatisfy({ $0 == 0 || $0 == UInt8(ascii: " ") }) else {
      throw TarFault("the \(what) is no octal number")
    }
    return digits.reduce(0) { $0 << 3 | Int($1 - UInt8(ascii: "0")) }
  }
}

/// What is wrong with the head of a file.
struct TarFault: Error, Equatable {
  let text: String

  init(_ text: String) { self.text = text }
}
