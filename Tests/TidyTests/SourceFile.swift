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
  private var blockDepth = 0
  /// The closing delimiter of a multi-line literal that is open.
  private var literalEnd: [Character]?

  static func strip(_ lines: [String]) -> [String] {
    var stripper = CodeStripper()
    return lines.map { stripper.strip(Array($0)) }
  }

  private mutating func strip(_ line: [Character]) -> String {
    var result = ""
    var index = 0
    func isNext(_ text: [Character]) -> Bool { line[index...].starts(with: text) }
    while index < line.count {
      if let end = literalEnd {
        if isNext(end) {
          literalEnd = nil
          index += end.count
        } else {
          index += 1
        }
      } else if blockDepth > 0 {
        if isNext(["*", "/"]) { blockDepth -= 1 }
        index += isNext(["*", "/"]) ? 2 : 1
      } else if isNext(["/", "/"]) {
        break
      } else if isNext(["/", "*"]) {
        blockDepth += 1
        index += 2
      } else if let (end, start) = literal(line, index) {
        if end.count > 2, end[1] == "\"" {
          literalEnd = end
          index = start
        } else {
          index = endOfLiteral(line, start, end)
        }
        result += "\"\""
      } else {
        result.append(line[index])
        index += 1
      }
    }
    return result
  }

  /// The closing delimiter of a literal that begins here and where its contents begin.
  private func literal(_ line: [Character], _ index: Int) -> (end: [Character], start: Int)? {
    let pounds = line[index...].prefix { $0 == "#" }
    let quotes = line[(index + pounds.count)...].prefix { $0 == "\"" }
    guard let count = [0: nil, 1: 1, 2: 1][quotes.count, default: 3] else { return nil }
    let end = [Character](repeating: "\"", count: count) + Array(pounds)
    return (end, index + pounds.count + count)
  }

  /// Where a literal that closes on its line is over. An interpolation may hold literals itself.
  private func endOfLiteral(_ line: [Character], _ start: Int, _ end: [Character]) -> Int {
    let escape: [Character] = ["\\"] + end.dropFirst()
    var index = start
    var depth = 0
    while index < line.count {
      if line[index...].starts(with: escape + ["("]) {
        depth += 1
        index += escape.count + 1
      } else if depth > 0 {
        if let (inner, begin) = literal(line, index) {
          index = endOfLiteral(line, begin, inner)
          continue
        }
        if line[index] == "(" { depth += 1 }
        if line[index] == ")" { depth -= 1 }
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
