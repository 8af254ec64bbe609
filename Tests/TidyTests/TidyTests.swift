import Foundation
import TestSupport
import Testing

@Suite struct TidyTests {
  @Test func package_shouldFollowTheRules() throws {
    let files = try Self.packageFiles()
    #expect(files.count > 20)
    for rule in TidyRule.all {
      let findings = files.flatMap(rule.findings)
      #expect(
        findings.isEmpty, "\(rule.name)\n\(findings.map(\.description).joined(separator: "\n"))")
    }
  }

  @Test func rules_shouldFindWhatIsPlanted_inItsLastLine() {
    for rule in TidyRule.all {
      #expect(!rule.planted.isEmpty && !rule.innocent.isEmpty)
      for plant in rule.planted {
        let file = SourceFile(path: plant.path, text: plant.text)
        let lines = Set(rule.findings(in: file).map(\.line))
        #expect(lines == [max(file.lines.count, 1)], "\(rule.name): \(plant)")
      }
    }
  }

  @Test func rules_shouldFindNothing_inInnocentText() {
    for rule in TidyRule.all {
      for text in rule.innocent {
        let findings = rule.findings(in: SourceFile(path: text.path, text: text.text))
        #expect(findings.isEmpty, "\(rule.name): \(text)")
      }
    }
  }

  @Test func finding_shouldNameFileLineAndReplacement() {
    let file = SourceFile(path: "Sources/Ledger/A.swift", text: "let x = 1\nTask.sleep(1)\n")
    let findings = TidyRule.all.flatMap { $0.findings(in: file) }.map(\.description)
    #expect(findings == ["Sources/Ledger/A.swift:2: `Task.sleep`: use runtime.sleep"])
  }

  @Test func stripping_shouldBlankCommentsAndLiterals() {
    let text = #"""
      let a = "x // \(f("Date()")) y" // Date()
      /* Date()
      Date() */ let b = #"\" Date() "# + c
      let d = """
        Date() "quoted"
        """ + e
      let f = "" + g
      """#
    let code = SourceFile(path: "Sources/A/A.swift", text: text).code
    #expect(
      code == [
        #"let a = "" "#, "", #" let b = "" + c"#, #"let d = """#, "", " + e", #"let f = "" + g"#,
      ])
  }

  @Test func foldersOfARoom_shouldNotUseEachOtherInACircle() throws {
    let files = try Self.packageFiles().filter { $0.isSource }
    let rooms = Dictionary(grouping: files) { $0.room ?? "" }
    #expect(rooms.count > 10)
    for (room, files) in rooms.sorted(by: { $0.key < $1.key }) {
      let circles = FolderOrder(files).circles
      #expect(circles.isEmpty, "\(room)\n\(circles.joined(separator: "\n"))")
    }
  }

  @Test func circle_shouldBeFound_overThreeFolders() {
    func file(_ folder: String, _ text: String) -> SourceFile {
      SourceFile(path: "Sources/Room/\(folder)/A.swift", text: text)
    }
    let chain = [
      file("A", "struct First { let second: Second }"), file("B", "struct Second { var a: Third }"),
    ]
    let straight = chain + [file("C", "struct Third { let x = Other.First.self } // First")]
    #expect(FolderOrder(straight).uses.count == 2)
    #expect(FolderOrder(straight).circles == [])
    let circle = chain + [file("C", "public enum Third { case first(First) }")]
    #expect(FolderOrder(circle).circles.count == 3)
  }

  /// Every text file of the package that people write.
  static func packageFiles() throws -> [SourceFile] {
    let root = PackageFiles.root
    var paths = ["README.md", "Package.swift"]
    for folder in ["Sources", "Tests", "Docs", "Fixtures/Scenarios", "Fuzz/Targets", "Fuzz/Runner"]
    {
      let url = root.appending(path: folder)
      let below = FileManager.default.enumerator(atPath: url.path)?.allObjects as? [String] ?? []
      paths += below.map { folder + "/" + $0 }
    }
    let kinds = [".swift", ".md", ".json"]
    return try paths.sorted().compactMap { path in
      let isPresent = FileManager.default.fileExists(atPath: root.appending(path: path).path)
      guard isPresent, kinds.contains(where: path.hasSuffix) else { return nil }
      return SourceFile(path: path, text: try PackageFiles.text(path))
    }
  }
}
