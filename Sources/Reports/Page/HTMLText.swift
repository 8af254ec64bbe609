import EventLog
import Primitives

/// Texts as parts of an HTML document. What a log says comes from strangers, so nothing of it can
/// end a text, an attribute or a script.
enum HTMLText {
  /// `text` as one line of text, or as the value of an attribute in double quotes.
  static func escaped(_ text: String) -> String {
    var result = ""
    for character in PrintableText.line(text).unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }

  /// A JSON document as the content of a script element, with the same meaning: no `<` can begin
  /// the end of the element.
  static func script(_ json: String) -> String {
    PrintableText.json(json).replacing("<", with: "\\u003c")
  }

  /// With two decimals, by whole numbers.
  static func decimal(_ value: Double) -> String {
    let hundredths = Int((min(max(value, -1e9), 1e9) * 100).rounded())
    let (whole, rest) = (abs(hundredths) / 100, abs(hundredths) % 100)
    let sign = hundredths < 0 ? "-" : ""
    return rest == 0 ? "\(sign)\(whole)" : "\(sign)\(whole)." + (rest < 10 ? "0" : "") + "\(rest)"
  }
}
