import Foundation
import TestSupport
import Testing

/// The planted bugs: list, sites and page say the same; none is in a program without the flag.
@Suite struct MutantTests {
  private static let list = "Sources/Primitives/Mutant.swift"
  private static let page = "Docs/Mutants.md"

  /// A mutant as the list has it.
  private struct Listed {
    let name: String
    let area: String
    let meaning: String
  }

  /// A mutant as the page has it.
  private struct Row: Equatable {
    let area: String
    let meaning: String
    let files: Set<String>
    let campaign: String
    let seeds: Int
    let check: String
  }

  private static func listed() throws -> [Listed] {
    var (mutants, area, meaning) = ([Listed](), "", [String]())
    for line in try PackageFiles.text(list).split(separator: "\n") {
      let line = line.drop { $0 == " " }
      if line.hasPrefix("// MARK: ") {
        area = line.dropFirst(9).lowercased()
      } else if line.hasPrefix("/// ") {
        meaning.append(String(line.dropFirst(4)))
      } else {
        if line.hasPrefix("case ") {
          mutants.append(
            Listed(
              name: String(line.dropFirst(5)), area: area,
              meaning: meaning.joined(separator: " ")))
        }
        meaning = []
      }
    }
    return mutants
  }

  /// The rows of the page by their mutants.
  private static func rows() throws -> [String: Row] {
    let text = try PackageFiles.text(page)
    let table = text.components(separatedBy: "<!-- mutants -->\n")[1]
      .components(separatedBy: "<!-- /mutants -->")[0]
    var rows: [String: Row] = [:]
    for line in table.split(separator: "\n").dropFirst(2) {
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst()
        .dropLast().map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " `")) }
      #expect(cells.count == 7, "\(line)")
      let files = cells[3].split(separator: ",").map {
        "Sources/" + $0.trimmingCharacters(in: CharacterSet(charactersIn: " `"))
      }
      let earlier = rows.updateValue(
        Row(
          area: cells[1], meaning: cells[2], files: Set(files), campaign: cells[4],
          seeds: Int(cells[5]) ?? .max, check: cells[6]),
        forKey: cells[0])
      #expect(earlier == nil, "\(cells[0]) stands twice in the table")
    }
    return rows
  }

  /// The numbers of the lines of a file that are compiled with the flag only.
  private static func flagged(_ file: SourceFile) -> Set<Int> {
    var (lines, conditions) = (Set<Int>(), [Bool]())
    for (index, line) in file.code.enumerated() {
      let line = line.drop { $0 == " " }
      if line.hasPrefix("#if") {
        conditions.append(line == "#if MUTANTS")
      } else if line.hasPrefix("#else") || line.hasPrefix("#elseif") {
        conditions[conditions.count - 1] = false
      } else if line.hasPrefix("#endif") {
        conditions.removeLast()
      } else if conditions.contains(true) {
        lines.insert(index)
      }
    }
    return lines
  }

  @Test func everyMutant_shouldHaveSitesAndARow() throws {
    let (mutants, rows) = (try Self.listed(), try Self.rows())
    #expect(Set(rows.keys) == Set(mutants.map(\.name)))
    var sites: [String: Set<String>] = [:]
    for file in try TidyTests.packageFiles() where file.isSource {
      for match in file.code.joined(separator: "\n").matches(of: /Mutant\.isOn\(\.(\w+)\)/) {
        sites[String(match.1), default: []].insert(file.path)
      }
    }
    #expect(Set(sites.keys) == Set(mutants.map(\.name)))
    for mutant in mutants {
      guard let row = rows[mutant.name] else { continue }
      #expect(row.area == mutant.area, "\(mutant.name)")
      #expect(row.meaning == mutant.meaning, "\(mutant.name)")
      #expect(row.files == sites[mutant.name], "\(mutant.name)")
    }
  }

  @Test func mutants_shouldBeOutsideTheProgram_withoutTheFlag() throws {
    for file in try TidyTests.packageFiles() where file.isSource {
      let flagged = Self.flagged(file)
      for (index, line) in file.code.enumerated() where line.contains(/\bMutant\b/) {
        #expect(
          flagged.contains(index), "\(file.path):\(index + 1): between #if MUTANTS and #endif")
      }
    }
  }

  @Test func mutants_shouldBeInAllAreas_andFoundSoon() throws {
    let areas: Set = [
      "trie", "queues", "planner", "ledger", "storage", "peers", "transport", "snapshot",
      "reconciliation", "store",
    ]
    let (mutants, rows) = (try Self.listed(), try Self.rows())
    #expect(Set(mutants.map(\.area)) == areas)
    #expect(mutants.count >= 20)
    #expect(mutants.allSatisfy { !$0.meaning.isEmpty })
    #expect(rows.values.allSatisfy { $0.seeds <= 1_000 && !$0.check.isEmpty })
    let seeds = rows.values.map(\.seeds).sorted()
    #expect(seeds[seeds.count / 2] <= 30)
  }
}
