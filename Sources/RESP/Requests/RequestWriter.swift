/// Writes requests: what clients send, and what an AOF file of Redis is made of.
public enum RequestWriter {
  /// Appends a request as an array of bulk strings.
  public static func append(_ arguments: [[UInt8]], to bytes: inout [UInt8]) {
    bytes += Array("*\(arguments.count)\r\n".utf8)
    for argument in arguments {
      bytes += Array("$\(argument.count)\r\n".utf8)
      bytes += argument
      bytes += [13, 10]
    }
  }

  /// A request of words.
  public static func bytes(_ words: String...) -> [UInt8] {
    var bytes: [UInt8] = []
    append(words.map { Array($0.utf8) }, to: &bytes)
    return bytes
  }
}
