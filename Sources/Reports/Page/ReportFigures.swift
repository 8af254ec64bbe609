import EventLog

/// The numbers of a summary by their paths, such as `run.records` or `peers.0.bytes`, as parts of a
/// page. A page takes its numbers from here only, so that they are those of `events summary`.
struct ReportFigures {
  private var cells: [String: SummaryTable.Cell] = [:]
  private(set) var tables: [String: SummaryTable] = [:]

  init(_ summary: LogSummary) {
    for fact in summary.facts { cells["run." + fact.name] = fact.value }
    for table in summary.tables {
      tables[table.title] = table
      for (index, row) in table.rows.prefix(ReportLimits.tableRowsMax).enumerated() {
        for (column, cell) in zip(table.columns, row) {
          cells["\(table.title).\(index).\(column)"] = cell
        }
      }
    }
  }

  /// The number at the path; nil if there is none.
  func number(_ path: String) -> Int? {
    if case .number(let number) = cells[path] { number } else { nil }
  }

  /// The text at the path; nothing if there is none.
  func text(_ path: String) -> String {
    if case .text(let text) = cells[path] { text } else { "" }
  }

  /// The number for people, with what it is marked in the document.
  func html(_ path: String, unit: String? = nil) -> String {
    guard let number = number(path) else { return "<span class=\"dim\">unknown</span>" }
    return "<data value=\"\(number)\" data-figure=\"\(path)\">"
      + "\(Figures.plain(UInt64(max(0, number)), unit: unit))</data>"
  }

  /// The number with the word for one or for several.
  func counted(_ path: String, _ one: String, _ several: String) -> String {
    "\(html(path)) \(number(path) == 1 ? one : several)"
  }

  /// How often something happened.
  func times(_ path: String) -> String {
    counted(path, "time", "times")
  }

  /// The same as a moment of the run.
  func moment(_ path: String) -> String {
    guard let number = number(path) else { return "<span class=\"dim\">unknown</span>" }
    return "<data value=\"\(number)\" data-figure=\"\(path)\">"
      + "\(Figures.moment(Int64(number)))</data>"
  }

  /// Number of rows that are shown of a table.
  func rowCount(_ title: String) -> Int {
    min(tables[title]?.rows.count ?? 0, ReportLimits.tableRowsMax)
  }
}

/// One column of a table on a page.
struct ReportColumn {
  let head: String
  /// Numbers stand to the right.
  let isNumber: Bool
  /// Texts of any length may be broken.
  let isLong: Bool
  let cell: (Int) -> String

  init(
    _ head: String, isNumber: Bool = false, isLong: Bool = false,
    _ cell: @escaping (Int) -> String
  ) {
    self.head = head
    self.isNumber = isNumber
    self.isLong = isLong
    self.cell = cell
  }
}

extension ReportFigures {
  /// The rows of a table of the summary with these columns.
  func table(_ title: String, _ columns: [ReportColumn]) -> String {
    let heads = columns.map {
      "<th\($0.isNumber ? " class=\"n\"" : "")><button type=\"button\">\($0.head)</button></th>"
    }
    let rows = (0..<rowCount(title)).map { index in
      "<tr>"
        + columns.map { column in
          let kind = column.isNumber ? " class=\"n\"" : column.isLong ? " class=\"wrap\"" : ""
          return "<td\(kind)>\(column.cell(index))</td>"
        }.joined() + "</tr>"
    }
    let all = tables[title]?.rows.count ?? 0
    let rest =
      all > rows.count
      ? "<p class=\"why\">\(all - rows.count) more rows are in <code>events summary</code>.</p>"
      : ""
    return "<div class=\"scroll\"><table><thead><tr>\(heads.joined())</tr></thead>"
      + "<tbody data-table=\"\(title)\">\(rows.joined(separator: "\n"))</tbody></table></div>"
      + rest
  }

  /// A column with the numbers of the column `name`.
  func column(_ title: String, _ name: String, _ head: String, unit: String? = nil) -> ReportColumn
  {
    ReportColumn(head, isNumber: true) { html("\(title).\($0).\(name)", unit: unit) }
  }
}
