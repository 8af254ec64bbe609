import Glibc

/// Shows on a terminal how far a campaign is; elsewhere a line for each tenth.
public struct Progress {
  private let title: String
  private let total: Int
  private var shown = 0
  private let isTerminal = isatty(STDERR_FILENO) == 1

  public init(title: String, total: Int) {
    self.title = title
    self.total = max(1, total)
  }

  /// Tells that `done` of the total are done.
  public mutating func show(_ done: Int) {
    let steps = isTerminal ? 1_000 : 10
    let step = done * steps / total
    guard step > shown else { return }
    shown = step
    let percent = 100 * Double(done) / Double(total)
    let line = "\(done) of \(total) \(title), \((10 * percent).rounded() / 10) %"
    let text = Array((isTerminal ? "\r\(line)  " + (done >= total ? "\n" : "") : line + "\n").utf8)
    write(STDERR_FILENO, text, text.count)
  }
}
