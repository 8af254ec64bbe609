import Monitoring
import Primitives

/// One document with everything in it: it asks nobody for anything, and a browser runs its style
/// and its script, by their hashes, and nothing else.
enum ReportPage {
  static func document(title: String, body: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
    style-src 'sha256-\(digest(style))'; script-src 'sha256-\(digest(script))'; img-src data:; \
    base-uri 'none'; form-action 'none'">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>\(HTMLText.escaped(title))</title>
    <link rel="icon" href="data:,">
    <style>\(style)</style>
    </head>
    <body>
    \(body)
    <script>\(script)</script>
    </body>
    </html>

    """
  }

  private static func digest(_ text: String) -> String {
    Base64.text(Sha256.hash(Array(text.utf8)).bytes)
  }

  /// Sorts a table by the column whose head is pressed; a second time the other way round.
  static let script = """

    for (const head of document.querySelectorAll('th button')) {
      head.addEventListener('click', () => {
        const cell = head.parentElement, row = cell.parentElement;
        const column = [...row.children].indexOf(cell);
        const falling = cell.getAttribute('aria-sort') !== 'descending';
        for (const other of row.children) other.removeAttribute('aria-sort');
        cell.setAttribute('aria-sort', falling ? 'descending' : 'ascending');
        const body = row.closest('table').tBodies[0];
        const key = line => {
          const data = line.children[column].querySelector('data');
          return data ? Number(data.value) : line.children[column].textContent;
        };
        const lines = [...body.rows].sort((a, b) => {
          const x = key(a), y = key(b);
          return (x < y ? -1 : x > y ? 1 : 0) * (falling ? -1 : 1);
        });
        body.append(...lines);
      });
    }

    """
}
