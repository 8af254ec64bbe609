/// What a rule has against a line.
struct Finding: Hashable, CustomStringConvertible {
  let path: String
  /// From 1.
  let line: Int
  let message: String

  var description: String { "\(path):\(line): \(message)" }
}

/// One rule of style, with a planted text that proves that it can fail.
struct TidyRule: Sendable {
  let name: String
  /// Gives the numbers (from 0) of the lines that break the rule and what to do instead.
  let check: @Sendable (SourceFile) -> [(line: Int, message: String)]
  /// Files that break the rule in their last line, as path and text.
  let planted: [(path: String, text: String)]
  /// Files that look as if they broke the rule.
  let innocent: [(path: String, text: String)]

  init(
    _ name: String, planted: [(path: String, text: String)],
    innocent: [(path: String, text: String)],
    check: @escaping @Sendable (SourceFile) -> [(line: Int, message: String)]
  ) {
    self.name = name
    self.planted = planted
    self.innocent = innocent
    self.check = check
  }

  func findings(in file: SourceFile) -> [Finding] {
    check(file).map { Finding(path: file.path, line: $0.line + 1, message: $0.message) }
  }

  /// All rules.
  static let all: [TidyRule] = bans + imports + texts + shapes
}
