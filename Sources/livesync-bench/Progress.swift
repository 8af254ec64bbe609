import Foundation

/// The moving line on a terminal that says what is being measured; nothing elsewhere.
struct Progress {
  private let isShown = isatty(STDERR_FILENO) == 1

  func show(_ text: String) {
    guard isShown else { return }
    FileHandle.standardError.write(Data("\r\u{1b}[K\(text)".utf8))
  }

  func clear() { show("") }
}
