import Primitives

/// Paths and arguments of requests, from percent-encoded text.
enum HTTPTarget {
  /// The parts of a path, or why it is none: an encoded slash, a dot that would lead up, a control
  /// character or broken encoding is refused rather than cleaned, since nobody needs it.
  static func path(_ raw: String) -> Result<[String], HTTPRefusal> {
    guard raw.utf8.count <= HTTPServerLimits.pathBytesMax else {
      return .failure(
        HTTPRefusal(414, "the path is longer than \(HTTPServerLimits.pathBytesMax) bytes"))
    }
    guard raw.utf8.first == UInt8(ascii: "/") else {
      return .failure(HTTPRefusal(400, "the path does not begin with a slash"))
    }
    let parts =
      raw == "/" ? [] : raw.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= HTTPServerLimits.pathSegmentsMax else {
      return .failure(
        HTTPRefusal(404, "the path has more than \(HTTPServerLimits.pathSegmentsMax) parts"))
    }
    var path: [String] = []
    for part in parts {
      guard let text = decoded(part), isPart(text) else {
        return .failure(HTTPRefusal(400, "the path has a part that is none"))
      }
      path.append(text)
    }
    return .success(path)
  }

  private static func isPart(_ text: String) -> Bool {
    !text.isEmpty && text != "." && text != ".." && !text.contains("/") && !text.contains("\\")
  }

  /// The text behind percent signs, nil if it is no UTF-8, has control characters or a percent sign
  /// without two digits.
  static func decoded(_ raw: some StringProtocol) -> String? {
    var bytes: [UInt8] = []
    var rest = raw.utf8.makeIterator()
    while let byte = rest.next() {
      if byte != UInt8(ascii: "%") {
        bytes.append(byte)
      } else if let high = rest.next().flatMap(Hex.nibble),
        let low = rest.next().flatMap(Hex.nibble)
      {
        bytes.append(high << 4 | low)
      } else {
        return nil
      }
    }
    guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }
}

/// Why a request is not handed to a handler.
struct HTTPRefusal: Error, Hashable, Sendable {
  let status: Int
  let reason: String
  /// For 405: the methods that there are.
  var allow: String?

  init(_ status: Int, _ reason: String, allow: String? = nil) {
    self.status = status
    self.reason = reason
    self.allow = allow
  }

  /// The answer that says so.
  var response: HTTPResponse {
    .text(
      status, PrintableText.line(reason),
      headers: allow.map { [HTTPResponse.Header("Allow", $0)] } ?? [])
  }
}
