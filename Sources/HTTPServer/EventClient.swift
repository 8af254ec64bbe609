import CMicroHTTP
import Locking

/// A client of an event stream.
final class EventClient: Sendable {
  private struct State {
    var buffer: EventBuffer
    var suspension: Suspension
  }

  private let state: Lock<State>

  init(_ connection: Connection, bufferBytesMax: Int) {
    state = Lock(
      State(
        buffer: EventBuffer(bytesMax: bufferBytesMax), suspension: Suspension(connection)))
  }

  /// Takes an event; false if it is lost for this client.
  func offer(_ event: [UInt8]) -> Bool {
    state.withLock { state in
      if state.suspension.isOver { return true }
      let fits = state.buffer.append(event)
      state.suspension.wake()
      return fits
    }
  }

  /// Sends something, if nothing waits, so that a client that has gone is noticed.
  func beat() {
    state.withLock { state in
      guard !state.suspension.isOver, state.buffer.bytes == 0 else { return }
      _ = state.buffer.append(Array(": alive\n\n".utf8))
      state.suspension.wake()
    }
  }

  /// Fills `target` with what waits; the connection sleeps if nothing does. Nil at the end.
  func read(into target: UnsafeMutableRawBufferPointer) -> Int? {
    state.withLock { state in
      if state.suspension.isOver { return nil }
      let count = state.buffer.read(target.count) { piece, offset in
        piece.withUnsafeBytes {
          target.baseAddress?.advanced(by: offset).copyMemory(
            from: $0.baseAddress!, byteCount: $0.count)
        }
      }
      if count > 0 { return count }
      return state.suspension.sleep() ? 0 : nil
    }
  }

  /// Ends the stream.
  func end() { state.withLock { $0.suspension.end() } }
}
