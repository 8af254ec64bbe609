import Streams

/// The moving line on a terminal that says what is being measured; nothing elsewhere.
struct Progress {
  func show(_ text: String) { Console.progress(text) }
  func clear() { Console.endProgress() }
}
