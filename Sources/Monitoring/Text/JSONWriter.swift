import EventLog

/// Writes a JSON document piece by piece, without blanks and in the order of the calls.
struct JSONWriter: Sendable {
  private(set) var text = ""
  private var needsComma = false

  /// Writes an object whose members `body` writes.
  mutating func object(_ key: String? = nil, _ body: (inout JSONWriter) -> Void) {
    open(key, "{")
    body(&self)
    close("}")
  }

  /// Writes an array with what `body` writes for each element.
  mutating func array<Element>(
    _ key: String? = nil, _ elements: [Element], _ body: (inout JSONWriter, Element) -> Void
  ) {
    open(key, "[")
    for element in elements { body(&self, element) }
    close("]")
  }

  /// Null if there is no text.
  mutating func text(_ key: String? = nil, _ value: String?) {
    raw(key, value.map(JSONText.quoted) ?? "null")
  }

  /// Null if there is no number.
  mutating func integer<Value: FixedWidthInteger>(_ key: String? = nil, _ value: Value?) {
    raw(key, value.map { "\($0)" } ?? "null")
  }

  /// Null if there is no number, or if it is none that JSON has.
  mutating func number(_ key: String? = nil, _ value: Double?) {
    raw(key, value.flatMap { $0.isFinite ? Decimal.text($0) : nil } ?? "null")
  }

  mutating func bool(_ key: String? = nil, _ value: Bool) { raw(key, value ? "true" : "false") }

  private mutating func raw(_ key: String?, _ value: String) {
    begin(key)
    text += value
    needsComma = true
  }

  private mutating func open(_ key: String?, _ bracket: String) {
    begin(key)
    text += bracket
    needsComma = false
  }

  private mutating func close(_ bracket: String) {
    text += bracket
    needsComma = true
  }

  private mutating func begin(_ key: String?) {
    if needsComma { text += "," }
    if let key { text += JSONText.quoted(key) + ":" }
  }
}

/// Numbers for machines, in a form that JSON and the format of Prometheus share.
enum Decimal {
  /// A finite number with at most six decimals, without an exponent where it has 15 digits or less.
  static func text(_ value: Double) -> String {
    guard value.magnitude < 1e15 else { return "\(value)" }
    let millionths = Int64((value * 1e6).rounded())
    let whole = millionths.magnitude / 1_000_000
    let sign = millionths < 0 ? "-" : ""
    guard millionths % 1_000_000 != 0 else { return "\(sign)\(whole)" }
    var digits = String(millionths.magnitude % 1_000_000)
    digits = String(repeating: "0", count: 6 - digits.count) + digits
    while digits.last == "0" { digits.removeLast() }
    return "\(sign)\(whole).\(digits)"
  }
}
