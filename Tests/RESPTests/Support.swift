import RESP
import TestSupport

/// What a parser makes of bytes that come in pieces.
enum Parsed: Equatable {
  case request([[UInt8]])
  case refused(RESPError)
}

/// Gives a parser `bytes` in pieces that end at `cuts` (ascending) and at the end.
func parse(
  _ bytes: [UInt8], cuts: [Int] = [], bounds: RequestBounds = .full
) -> (parsed: [Parsed], used: Int) {
  var parser = RequestParser()
  var parsed: [Parsed] = []
  var used = 0
  for end in cuts + [bytes.count] {
    var isOver = false
    while !isOver {
      let outcome = Array(bytes[used..<end]).withUnsafeBytes { window in
        let outcome = parser.next(in: window, bounds: bounds)
        if case .request = outcome {
          parsed.append(
            .request(
              parser.withArguments(in: window) { arguments in
                (0..<arguments.count).map { arguments.bytes($0) }
              }))
        }
        return outcome
      }
      switch outcome {
      case .request(let count), .nothing(let count): used += count
      case .incomplete: isOver = true
      case .refused(let error): return (parsed + [.refused(error)], used)
      }
      if used == end { isOver = true }
    }
  }
  return (parsed, used)
}

func words(_ text: String) -> [[UInt8]] { text.split(separator: " ").map { Array($0.utf8) } }

extension [UInt8] {
  init(_ text: String) { self = Array(text.utf8) }
}
