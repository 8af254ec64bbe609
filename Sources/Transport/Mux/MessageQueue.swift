/// Messages in order of arrival; taking the first costs the same however many there are.
struct MessageQueue: Sendable {
  private var messages: [[UInt8]] = []
  private var first = 0

  var isEmpty: Bool { first == messages.count }
  var count: Int { messages.count - first }
  /// The first message; there must be one.
  var head: [UInt8] { messages[first] }

  mutating func append(_ message: [UInt8]) { messages.append(message) }

  mutating func popFirst() -> [UInt8]? {
    guard !isEmpty else { return nil }
    let message = messages[first]
    messages[first] = []
    first += 1
    if first * 2 > messages.count {
      messages.removeFirst(first)
      first = 0
    }
    return message
  }
}
