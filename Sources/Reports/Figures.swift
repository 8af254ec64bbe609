/// Numbers for people: with a unit that leaves one to four digits before the point, by whole-number
/// arithmetic, so that equal logs give equal texts.
enum Figures {
  /// The number with the unit that the field's declaration names.
  static func plain(_ number: UInt64, unit: String?) -> String {
    switch unit {
    case "byte", "bytes": bytes(number)
    case "byte/s": bytes(number) + "/s"
    case "ns": duration(number)
    case "1/1,000,000": percent(number)
    default: grouped(number)
    }
  }

  /// Bytes, kB, MB and so on, powers of 1,000.
  static func bytes(_ number: UInt64) -> String {
    if number < 1_000 { return "\(number) bytes" }
    return scaled(number, ["kB", "MB", "GB", "TB", "PB", "EB"])
  }

  /// A time that something took.
  static func duration(_ nanoseconds: UInt64) -> String {
    if nanoseconds == 0 { return "0 s" }
    if nanoseconds < 1_000 { return "\(nanoseconds) ns" }
    if nanoseconds < 1_000_000_000 { return scaled(nanoseconds, ["µs", "ms"]) }
    let tenths = nanoseconds / 10_000_000
    if tenths < 12_000 { return decimal(tenths, places: 2) + " s" }
    let minutes = nanoseconds / 60_000_000_000
    return "\(grouped(minutes)) min \(nanoseconds / 1_000_000_000 % 60) s"
  }

  /// A moment of a run, in seconds with three places.
  static func moment(_ nanoseconds: Int64) -> String {
    decimal(UInt64(max(0, nanoseconds)) / 1_000_000, places: 3) + " s"
  }

  /// A share given in millionths. Only the whole is 100 %.
  static func percent(_ millionths: UInt64) -> String {
    millionths == 1_000_000 ? "100 %" : decimal(millionths / 1_000, places: 1) + " %"
  }

  /// With a thin space between groups of three digits.
  static func grouped(_ number: UInt64) -> String {
    let digits = String(number)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0, digits.count > 4 { text += "\u{202f}" }
      text.append(digit)
    }
    return text
  }

  private static func scaled(_ number: UInt64, _ units: [String]) -> String {
    var unit = 0
    var size: UInt64 = 1_000
    while unit + 1 < units.count, number / size >= 1_000 {
      size *= 1_000
      unit += 1
    }
    let whole = number / size
    let places = whole < 10 ? 2 : whole < 100 ? 1 : 0
    let factor: UInt64 = [1, 10, 100][places]
    return decimal(whole * factor + number % size / (size / factor), places: places)
      + " \(units[unit])"
  }

  /// `number` with its last `places` digits behind a point.
  private static func decimal(_ number: UInt64, places: Int) -> String {
    if places == 0 { return grouped(number) }
    let factor = (0..<places).reduce(UInt64(1)) { size, _ in size * 10 }
    let rest = String(number % factor)
    return grouped(number / factor) + "." + String(repeating: "0", count: places - rest.count)
      + rest
  }
}
