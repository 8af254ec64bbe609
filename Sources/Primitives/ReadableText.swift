/// Nanoseconds as seconds with three decimals, by whole numbers only.
package func seconds(_ nanoseconds: Int64) -> String {
  let milliseconds = nanoseconds / 1_000_000
  let rest = String(milliseconds % 1_000)
  return "\(milliseconds / 1_000)." + String(repeating: "0", count: 3 - rest.count) + rest + " s"
}

/// Parts per million as a percentage with one decimal.
package func percent(_ partsPerMillion: Int) -> String {
  "\(partsPerMillion / 10_000).\(partsPerMillion / 1_000 % 10) %"
}

/// `text` at the right end of a column of `width` characters.
package func left(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}

/// `text` at the left end of a column of `width` characters, with one space after it at least.
package func right(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(1, width - text.count))
}
