import Foundation
import TestSupport
import Testing

/// The table of limits against the sources and the tests: complete both ways.
@Suite struct LimitTableTests {
  /// A test function and the file it is in.
  private struct TestFunction {
    let name: String
    let file: String
  }

  private static func files(below folder: String) throws -> [String] {
    let root = PackageFiles.root.appending(path: folder).resolvingSymlinksInPath()
    let paths = FileManager.default.enumerator(atPath: root.path)?.allObjects as? [String] ?? []
    return paths.filter { $0.hasSuffix(".swift") }.sorted().map { folder + "/" + $0 }
  }

  /// All limits that the sources name, as `Enum.name`.
  private static func limits() throws -> Set<String> {
    var limits: Set<String> = []
    for path in try files(below: "Sources") where path.contains(/Limits(?:\+\w+)?\.swift$/) {
      let text = try PackageFiles.text(path)
      let room = try #require(text.firstMatch(of: /(?:enum|extension) (\w+)/), "\(path)")
      for limit in text.matches(of: /static (?:let|func) (\w+)/) {
        limits.insert("\(room.1).\(limit.1)")
      }
    }
    return limits
  }

  /// All functions with `@Test`, but those of this folder.
  private static func tests() throws -> [String: TestFunction] {
    // The arguments of the attribute may hold two levels of parentheses.
    let function =
      #/
      @Test (?: \( (?: [^()] | \( (?: [^()] | \( [^()]* \) )* \) )* \) )? \s+ func \s (\w+)
      /#
    var tests: [String: TestFunction] = [:]
    for path in try files(below: "Tests") where !path.hasPrefix("Tests/TidyTests") {
      let text = try PackageFiles.text(path)
      for test in text.matches(of: function) {
        tests[String(test.1)] = TestFunction(name: String(test.1), file: text)
      }
    }
    return tests
  }

  @Test func table_shouldNameEveryLimit_andNoOther() throws {
    let limits = try Self.limits()
    let table = Set(LimitTable.all.keys)
    #expect(limits.count > 150)
    #expect(limits.subtracting(table).sorted() == [], "not in the table")
    #expect(table.subtracting(limits).sorted() == [], "not in the sources")
  }

  @Test func everyLimit_shouldBeDrivenByATest_thatIsThereAndNamesIt() throws {
    let tests = try Self.tests()
    for (limit, proof) in LimitTable.all.sorted(by: { $0.key < $1.key }) {
      guard case .driven(let name) = proof else { continue }
      let test = try #require(tests[name], "\(limit): there is no test \(name)")
      let short = limit.drop { $0 != "." }
      #expect(
        test.file.contains("Limits\(short)"), "\(name) is said to drive \(limit) unnamed")
    }
  }

  @Test func estimates_shouldHaveAReason() {
    for (limit, proof) in LimitTable.all {
      if case .estimate(let reason) = proof { #expect(!reason.isEmpty, "\(limit)") }
    }
  }

  /// Whoever adds a limit drives it by a test: the list of those without may only become shorter.
  @Test func undrivenLimits_shouldNotBecomeMore() {
    let undriven = LimitTable.all.filter { $0.value == .undriven }.keys.sorted()
    #expect(undriven.count <= LimitTable.undrivenMax, "\(undriven)")
  }
}
