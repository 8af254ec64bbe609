import Primitives

/// How much memory one buffer of a node may take that others fill.
public struct MemoryBound: Sendable, Hashable {
  /// What is held.
  public var buffer: String
  /// Most bytes that one peer may have there; nil if what is held has nothing to do with the number
  /// of its messages.
  public var perPeer: Int?
  /// Most bytes in all.
  public var total: Int
  /// What happens when it is full.
  public var whenFull: String
  /// Names of the limits.
  public var limits: [String]
  /// Tests that drive it to its bound.
  public var tests: [String]

  init(
    _ buffer: String, perPeer: Int?, total: Int, whenFull: String, limits: [String],
    tests: [String]
  ) {
    self.buffer = buffer
    self.perPeer = perPeer
    self.total = total
    self.whenFull = whenFull
    self.limits = limits
    self.tests = tests
  }

  init(
    _ buffer: String, _ bytes: ByteLimits, whenFull: String, limits: [String], tests: [String]
  ) {
    self.init(
      buffer, perPeer: bytes.perHolder, total: bytes.total, whenFull: whenFull, limits: limits,
      tests: tests)
  }
}

/// All that a node holds of what came from outside and is not a verified part of its chain.
public enum MemoryBounds {
  /// Most bytes of all buffers together.
  public static let bytesMax = 256 << 20

  /// Every buffer.
  public static let all = messages + answers + memories

  /// Bytes of all buffers together.
  public static var total: Int { all.reduce(0) { $0 + $1.total } }

  /// The table of Docs/MemoryBounds.md.
  public static var markdown: String {
    let head = [
      "| what is held | KiB of one peer | KiB in all | when it is full | limit | shown by |",
      "|---|---|---|---|---|---|",
    ]
    let rows = all.map { bound in
      let cells = [
        bound.buffer, bound.perPeer.map(kibibytes) ?? "", kibibytes(bound.total), bound.whenFull,
        names(bound.limits), names(bound.tests),
      ]
      return "| " + cells.joined(separator: " | ") + " |"
    }
    let sum = "| **all** | | **\(kibibytes(total))** | at most \(kibibytes(bytesMax)) | | |"
    return (head + rows + [sum]).joined(separator: "\n") + "\n"
  }

  private static func names(_ names: [String]) -> String {
    names.map { "`\($0)`" }.joined(separator: ", ")
  }

  /// Rounded up.
  private static func kibibytes(_ bytes: Int) -> String {
    let count = String((bytes + 1023) >> 10)
    return count.count > 3 ? "\(count.dropLast(3)),\(count.suffix(3))" : count
  }
}
