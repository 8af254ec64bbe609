import Foundation
import Glibc

/// An answer as it came over the socket.
public struct RawAnswer: Sendable {
  public var status: Int
  /// Names in lower case.
  public var headers: [String: String]
  public var body: [UInt8]

  public var text: String { String(decoding: body, as: UTF8.self) }
}

/// Why a raw client has no answer.
public enum RawError: Error {
  case refused(Int32)
  case late
  case closed(after: String)
}

/// A TCP client that sends what it is told, well-formed or not. Its calls block: to be used within
/// `onThread` only, since handlers need the threads of the tests.
public final class RawClient {
  private let socket: Int32
  private var pending: [UInt8] = []

  public init(port: UInt16, address: String = "127.0.0.1", receiveBytes: Int32? = nil) throws {
    let isV6 = address.contains(":")
    socket = Glibc.socket(isV6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard socket >= 0 else { throw RawError.refused(errno) }
    if var bytes = receiveBytes {
      setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
    }
    var time = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    let status: Int32
    if isV6 {
      var place = sockaddr_in6()
      place.sin6_family = sa_family_t(AF_INET6)
      place.sin6_port = port.bigEndian
      inet_pton(AF_INET6, address, &place.sin6_addr)
      status = withUnsafePointer(to: &place) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
        }
      }
    } else {
      var place = sockaddr_in()
      place.sin_family = sa_family_t(AF_INET)
      place.sin_port = port.bigEndian
      inet_pton(AF_INET, address, &place.sin_addr)
      status = withUnsafePointer(to: &place) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    }
    guard status == 0 else { throw RawError.refused(errno) }
  }

  deinit { Glibc.close(socket) }

  /// Sends all of it, or as much as goes before the other end closes.
  public func send(_ text: String) { send(Array(text.utf8)) }

  public func send(_ bytes: [UInt8]) {
    var done = 0
    while done < bytes.count {
      let count = bytes[done...].withUnsafeBytes {
        Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      done += count
    }
  }

  public func get(_ path: String, host: String = "127.0.0.1", more: String = "") {
    send("GET \(path) HTTP/1.1\r\nHost: \(host)\r\n\(more)\r\n")
  }

  public func post(_ path: String, _ body: String, more: String = "") {
    send(
      "POST \(path) HTTP/1.1\r\nHost: localhost\r\n"
        + "Content-Length: \(body.utf8.count)\r\n\(more)\r\n" + body)
  }

  /// Reads what has come; empty when the other end has closed.
  private func receive() throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 64 << 10)
    let count = recv(socket, &bytes, bytes.count, 0)
    if count < 0, errno == EAGAIN { throw RawError.late }
    return Array(bytes.prefix(max(0, count)))
  }

  /// Reads until the text has come, and returns everything up to its end.
  public func read(upTo end: String) throws -> String {
    let mark = Array(end.utf8)
    var seen = 0
    while true {
      if let found = pending[seen...].firstRange(of: mark) {
        let text = String(decoding: pending[..<found.upperBound], as: UTF8.self)
        pending.removeSubrange(..<found.upperBound)
        return text
      }
      let more = try receive()
      if more.isEmpty { throw RawError.closed(after: String(decoding: pending, as: UTF8.self)) }
      seen = max(0, pending.count - mark.count)
      pending += more
    }
  }

  /// Reads so many bytes.
  public func read(count: Int) throws -> [UInt8] {
    while pending.count < count {
      let more = try receive()
      if more.isEmpty { throw RawError.closed(after: "\(pending.count) of \(count) bytes") }
      pending += more
    }
    defer { pending.removeFirst(count) }
    return Array(pending.prefix(count))
  }

  /// Reads until the other end closes.
  public func readToEnd() throws -> String {
    while true {
      let more = try receive()
      if more.isEmpty { return String(decoding: pending, as: UTF8.self) }
      pending += more
    }
  }

  /// The next answer; without its body if it was asked for by HEAD.
  public func answer(hasBody: Bool = true) throws -> RawAnswer {
    let lines = try read(upTo: "\r\n\r\n").components(separatedBy: "\r\n")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = line[line.index(after: colon)...]
        .trimmingCharacters(in: .whitespaces)
    }
    let status = lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    let length = hasBody ? headers["content-length"].flatMap { Int($0) } ?? 0 : 0
    while pending.count < length {
      let more = try receive()
      if more.isEmpty { throw RawError.closed(after: "\(pending.count) bytes of a body") }
      pending += more
    }
    defer { pending.removeFirst(length) }
    return RawAnswer(status: status, headers: headers, body: Array(pending.prefix(length)))
  }
}

/// Runs what blocks on a thread of its own.
public func onThread<Value: Sendable>(
  _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Thread { continuation.resume(with: Result { try body() }) }.start()
  }
}
