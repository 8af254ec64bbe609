/// One file of the package, as the rules see it.
struct SourceFile {
  /// Path below the package folder, such as `Sources/Ledger/Block.swift`.
  let path: String
  /// The lines as they are.
  let lines: [String]
  /// The lines with comments and the contents of string literals replaced by blanks.
  let code: [String]
  let endsWithLineFeed: Bool

  init(path: String, text: String) {
    self.path = path
    endsWithLineFeed = text.isEmpty || text.utf8.last == UInt8(ascii: "\n")
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    self.lines = lines
    code = path.hasSuffix(".swift") ? CodeStripper.strip(lines) : lines
  }

  /// The target the file belongs to if it is in Sources.
  var room: String? {
    let parts = path.split(separator: "/")
    return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
  }

  var isSource: Bool { path.hasPrefix("Sources/") && path.hasSuffix(".swift") }
  var isSwift: Bool { path.hasSuffix(".swift") }
}

/// Blanks out comments and string literals.
private struct CodeStripper {
  private static let comment = Array("//".utf8)
  private static let opening = Array("/*".utf8)
  private static let closing = Array("*/".utf8)
  private static let pound = UInt8(ascii: "#")
  private let quote = UInt8(ascii: "\"")

  private var blockDepth = 0
  /// The closing delimiter of a multi-line literal that is open.
  private var literalEnd: [UInt8]?

  static func strip(_ lines: [String]) -> [String] {
    var stripper = CodeStripper()
    return lines.map { stripper.strip(Array($0.utf8)) }
  }

  private mutating func strip(_ line: [UInt8]) -> String {
    var result: [UInt8] = []
    var index = 0
    func isNext(_ text: [UInt8]) -> Bool { line[index...].starts(with: text) }
    while index < line.count {
      if let end = literalEnd {
        if isNext(end) {
          literalEnd = nil
          index += end.count
        } else {
          index += 1
        }
      } else if blockDepth > 0 {
        if isNext(Self.closing) { blockDepth -= 1 }
        index += isNext(Self.closing) ? 2 : 1
      } else if isNext(Self.comment) {
        break
      } else if isNext(Self.opening) {
        blockDepth += 1
        index += 2
      } else if let (end, start) = literal(line, index) {
        if end.count > 2, end[1] == quote {
          literalEnd = end
          index = start
        } else {
          index = endOfLiteral(line, start, end)
        }
        result += [quote, quote]
      } else {
        result.append(line[index])
        index += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// The closing delimiter of a literal that begins here and where its contents begin.
  private func literal(_ line: [UInt8], _ index: Int) -> (end: [UInt8], start: Int)? {
    let pounds = line[index...].prefix { $0 == Self.pound }
    let quotes = line[(index + pounds.count)...].prefix { $0 == quote }
    guard let count = [0: nil, 1: 1, 2: 1][quotes.count, default: 3] else { return nil }
    let end = [UInt8](repeating: quote, count: count) + Array(pounds)
    return (end, index + pounds.count + count)
  }

  /// Where a literal that closes on its line is over. An interpolation may hold literals itself.
  private func endOfLiteral(_ line: [UInt8], _ start: Int, _ end: [UInt8]) -> Int {
    let escape: [UInt8] = [UInt8(ascii: "\\")] + end.dropFirst()
    var index = start
    var depth = 0
    while index < line.count {
      if line[index...].starts(with: escape + [UInt8(ascii: "(")]) {
        depth += 1
        index += escape.count + 1
      } else if depth > 0 {
        if let (inner, begin) = literal(line, index) {
          index = endOfLiteral(line, begin, inner)
          continue
        }
        if line[index] == UInt8(ascii: "(") { depth += 1 }
        if line[index] == UInt8(ascii: ")") { depth -= 1 }
        index += 1
      } else if line[index...].starts(with: end) {
        return index + end.count
      } else {
        index += line[index...].starts(with: escape) ? escape.count + 1 : 1
      }
    }
    return line.count
  }
}
