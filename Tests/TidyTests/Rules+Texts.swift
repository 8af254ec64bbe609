extension TidyRule {
  private static let columnsMax = 100
  /// Written in two parts so that the rule does not find itself.
  private static let leftovers = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]
  private static let workplace = "/wo" + "rk/"

  static let texts: [TidyRule] = [
    TidyRule(
      "line length",
      planted: [("Tests/A.swift", String(repeating: "x", count: 101) + "\n")],
      innocent: [
        ("Tests/A.swift", String(repeating: "ä", count: 100) + "\n"),
        ("Docs/A.md", String(repeating: "x", count: 200) + "\n"),
      ]
    ) { file in
      guard file.isSwift else { return [] }
      return lines(file) { line in
        line.count > columnsMax
          ? "\(line.count) columns are more than \(columnsMax): break the line" : nil
      }
    },
    TidyRule(
      "blanks",
      planted: [
        ("Docs/A.md", "text \n"), ("Tests/A.swift", "\tlet x = 1\n"),
        ("Tests/A.swift", "let x = 1\r\n"), ("Docs/A.md", "no line feed"),
      ],
      innocent: [("Tests/A.swift", "let x = \"\\t\"\n\n"), ("Docs/A.md", "")]
    ) { file in
      let end =
        file.endsWithLineFeed ? [] : [(file.lines.count - 1, "end the file with a line feed")]
      return end
        + lines(file) { line in
          line.contains("\t") || line.last == " " || line.contains("\r")
            ? "remove tabs, carriage returns and blanks at the end" : nil
        }
    },
    TidyRule(
      "leftovers",
      planted: leftovers.map { ("Sources/Ledger/A.swift", "let x = 1  // \($0): later\n") }
        + [("Docs/A.md", "see \(workplace)notes\n")],
      innocent: [("Sources/Ledger/A.swift", "let todoList = hackney\n")]
    ) { file in
      lines(file) { line in
        let words = line.split { !$0.isLetter && $0 != "_" }
        if let word = leftovers.first(where: { words.contains(Substring($0)) }) {
          return "`\(word)`: do it now or describe the limit in Docs"
        }
        return line.contains(workplace) ? "speak of the project only, not of a machine" : nil
      }
    },
    TidyRule(
      "scenario names",
      planted: [
        ("Fixtures/Scenarios/Quiet-Night.json", "{}\n"),
        ("Fixtures/Scenarios/quiet_night.json", "{}\n"),
      ],
      innocent: [("Fixtures/Scenarios/quiet-night.json", "{}\n")]
    ) { file in
      let folder = "Fixtures/Scenarios/"
      guard file.path.hasPrefix(folder), file.path.hasSuffix(".json") else { return [] }
      let name = file.path.dropFirst(folder.count).dropLast(".json".count)
      let isFit = name.wholeMatch(of: /[a-z][a-z0-9]*(-[a-z0-9]+)*/) != nil
      return isFit ? [] : [(0, "name scenarios in lower-case words joined by hyphens")]
    },
  ]

  private static func lines(
    _ file: SourceFile, _ complaint: (String) -> String?
  ) -> [(Int, String)] {
    file.lines.enumerated().compactMap { index, line in complaint(line).map { (index, $0) } }
  }
}
