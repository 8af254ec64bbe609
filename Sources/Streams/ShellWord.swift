/// Words of a command line that a person can paste into a shell.
public enum ShellWord {
  /// True if `text` is one word for every shell as it stands.
  public static func isPlain(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "-_./,:=+@%".utf8.contains(byte)
        }
      }
  }

  /// `text` as one word: as it is if it is plain, else in single quotes.
  public static func quoted(_ text: String) -> String {
    if isPlain(text) { return text }
    let parts = text.split(separator: "'", omittingEmptySubsequences: false)
    return "'" + parts.joined(separator: "'\\''") + "'"
  }

  /// The command with these words.
  public static func command(_ words: [String]) -> String {
    words.map(quoted).joined(separator: " ")
  }
}
