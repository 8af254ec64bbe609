extension TidyRule {
  private static let fileLinesMax = 350
  private static let functionLinesMax = 80

  static let shapes: [TidyRule] = [
    TidyRule(
      "file length",
      planted: [("Sources/Ledger/A.swift", String(repeating: "x\n", count: 351))],
      innocent: [
        ("Sources/Ledger/A.swift", String(repeating: "x\n", count: 350)),
        ("Tests/A.swift", String(repeating: "x\n", count: 400)),
      ]
    ) { file in
      guard file.isSource, file.lines.count > fileLinesMax else { return [] }
      return [
        (file.lines.count - 1, "more than \(fileLinesMax) lines: split it as `Type+Purpose.swift`")
      ]
    },
    TidyRule(
      "function length",
      planted: [
        ("Sources/Ledger/A.swift", function("func f() {", 81)),
        ("Sources/Ledger/A.swift", function("init(\n  a: () -> Void = {},\n  b: Int\n) {", 78)),
        ("Sources/Ledger/A.swift", function("func f<A>()\nwhere A: B\n{", 79)),
      ].map { ($0.0, $0.1) },
      innocent: [
        ("Sources/Ledger/A.swift", function("func f() {", 78)),
        ("Sources/Ledger/A.swift", "protocol P {\n  func f()\n}\n" + function("enum E {", 200)),
      ]
    ) { file in
      guard file.isSource else { return [] }
      return FunctionScanner(file.code).functions.compactMap { function in
        let length = function.last - function.first + 1
        guard length > functionLinesMax else { return nil }
        return (function.last, "a function of \(length) lines: split it into named steps")
      }
    },
    TidyRule(
      "empty files",
      planted: [("Sources/Ledger/A.swift", "// Soon.\n"), ("Sources/Ledger/A.swift", "\n")],
      innocent: [("Sources/Ledger/A.swift", "let x = 1\n")]
    ) { file in
      guard file.isSource, file.code.allSatisfy({ $0.allSatisfy { $0 == " " } }) else {
        return []
      }
      return [(max(file.lines.count - 1, 0), "a file without code: remove it")]
    },
  ]

  /// A function with `count` lines between its braces.
  private static func function(_ head: String, _ count: Int) -> String {
    head + "\n" + String(repeating: "  x\n", count: count) + "}\n"
  }
}

/// Finds the functions and initialisers of stripped code.
private struct FunctionScanner {
  /// Numbers (from 0) of the first and last line of each function.
  private(set) var functions: [(first: Int, last: Int)] = []

  init(_ code: [String]) {
    for (index, line) in code.enumerated() {
      let words = line.split { !$0.isLetter && $0 != "_" }
      let head = words.prefix { !["let", "var", "return", "self", "super"].contains($0) }
      let isFunction = head.contains("func") || head.contains("init")
      guard isFunction, !line.contains(".init") else { continue }
      if let last = Self.end(of: index, code) { functions.append((index, last)) }
    }
  }

  /// The line of the closing brace, nil if the declaration has no body.
  private static func end(of first: Int, _ code: [String]) -> Int? {
    var parentheses = 0
    var braces = 0
    for index in first..<code.count {
      for character in code[index] {
        switch character {
        case "(", "[": parentheses += 1
        case ")", "]": parentheses -= 1
        case "{" where parentheses == 0 || braces > 0: braces += 1
        case "}" where braces > 0:
          braces -= 1
          if braces == 0 { return index }
        case "}" where parentheses == 0: return nil
        default: break
        }
      }
      guard braces == 0, parentheses == 0, index + 1 < code.count else { continue }
      let next = code[index + 1].drop { $0 == " " }
      guard ["{", "where", "->", "throws", "async", ")"].contains(where: { next.hasPrefix($0) })
      else { return nil }
    }
    return nil
  }
}
