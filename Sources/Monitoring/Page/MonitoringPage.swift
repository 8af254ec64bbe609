import HTTPServer
import Primitives

/// The page of a node: one document with everything in it, which asks for `/status` and for nothing
/// else, and of nobody else.
package enum MonitoringPage {
  package static let document = """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>livesync</title>
    <link rel="icon" href="data:,">
    <style>\(style)</style>
    </head>
    <body>
    \(body)
    <script>\(script)</script>
    </body>
    </html>

    """

  /// A browser runs this style and this script, by their hashes, and nothing that somebody else may
  /// have brought in.
  package static let policy =
    "default-src 'none'; style-src 'sha256-\(digest(style))'; "
    + "script-src 'sha256-\(digest(script))'; connect-src 'self'; img-src data:; "
    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

  static var response: HTTPResponse {
    HTTPResponse(
      contentType: "text/html; charset=utf-8",
      headers: [HTTPResponse.Header("Content-Security-Policy", policy)],
      bytes: Array(document.utf8))
  }

  private static func digest(_ text: String) -> String {
    Base64.text(Sha256.hash(Array(text.utf8)).bytes)
  }
}

/// Base64 with padding (RFC 4648, section 4).
package enum Base64 {
  private static let digits = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  package static func text(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
      for place in 0..<4 {
        let digit = digits[Int(bits >> UInt32(18 - 6 * place)) & 63]
        text.append(place <= group.count ? digit : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
