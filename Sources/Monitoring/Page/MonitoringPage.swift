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
