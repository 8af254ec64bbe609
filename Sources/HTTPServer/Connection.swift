import CMicroHTTP

/// A connection of the library.
///
/// `@unchecked Sendable`: the library's functions for it may be called on any thread while it is
/// open, and whoever holds one calls none of them after `Suspension.end()`.
struct Connection: @unchecked Sendable {
  let pointer: OpaquePointer

  /// Tells it from all others that are open.
  var id: UInt { UInt(bitPattern: pointer) }

  init?(_ pointer: OpaquePointer?) {
    guard let pointer else { return nil }
    self.pointer = pointer
  }

  /// The value of a header line, if it was sent.
  func header(_ name: String) -> String? {
    MHD_lookup_connection_value(pointer, .HEADER_KIND, name).map { String(cString: $0) }
  }

  /// The arguments as they were sent.
  var arguments: [HTTPRequest.Argument] {
    var arguments: [HTTPRequest.Argument] = []
    withUnsafeMutablePointer(to: &arguments) { list in
      _ = MHD_get_connection_values(
        pointer, .GET_ARGUMENT_KIND,
        { list, _, name, value in
          guard let list, let name else { return .NO }
          let value = value.map { String(cString: $0) } ?? ""
          list.assumingMemoryBound(to: [HTTPRequest.Argument].self).pointee
            .append(HTTPRequest.Argument(name: String(cString: name), value: value))
          return .YES
        }, list)
    }
    return arguments
  }
}

/// Whether a connection is asleep, waiting for an answer or an event: at most once, and never again
/// after the end. Not safe by itself; kept behind its owner's lock.
struct Suspension: Sendable {
  private let connection: Connection
  private var isAsleep = false
  private(set) var isOver = false

  init(_ connection: Connection) { self.connection = connection }

  /// Sends the connection to sleep; only from within a call of the library for it. False if the
  /// end has come.
  mutating func sleep() -> Bool {
    if isOver { return false }
    MHD_suspend_connection(connection.pointer)
    isAsleep = true
    return true
  }

  /// Wakes the connection if it is asleep.
  mutating func wake() {
    guard isAsleep else { return }
    isAsleep = false
    MHD_resume_connection(connection.pointer)
  }

  /// Wakes the connection for the last time.
  mutating func end() {
    wake()
    isOver = true
  }
}
