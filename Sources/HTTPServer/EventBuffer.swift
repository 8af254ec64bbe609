/// Bytes of events that wait for one client. A core without a lock.
///
/// What does not fit is lost as a whole event; as soon as there is room again, an event `lost` says
/// how many were.
package struct EventBuffer: Sendable {
  private let bytesMax: Int
  private var queue: [[UInt8]] = []
  /// Bytes of the first one that have been read.
  private var offset = 0
  package private(set) var bytes = 0
  /// Events that did not fit and that the client has not been told of.
  package private(set) var lost: UInt64 = 0

  package init(bytesMax: Int) { self.bytesMax = bytesMax }

  /// Adds a whole event; false if it is lost.
  package mutating func append(_ event: [UInt8]) -> Bool {
    let note = lost > 0 ? Self.note(lost) : []
    guard bytes + note.count + event.count <= bytesMax else {
      lost += 1
      return false
    }
    tell(note)
    push(event)
    return true
  }

  private mutating func tell(_ note: [UInt8]) {
    guard !note.isEmpty else { return }
    push(note)
    lost = 0
  }

  private mutating func push(_ piece: [UInt8]) {
    queue.append(piece)
    bytes += piece.count
  }

  /// Moves up to `count` bytes to `body`, piece by piece; returns how many.
  package mutating func read(_ count: Int, _ body: (ArraySlice<UInt8>, _ at: Int) -> Void) -> Int {
    // All that waited has been read: what comes next would not fit either.
    if bytes == 0, lost > 0 { tell(Self.note(lost)) }
    var done = 0
    var used = 0
    while done < count, used < queue.count {
      let piece = queue[used]
      let taken = min(count - done, piece.count - offset)
      body(piece[offset..<(offset + taken)], done)
      done += taken
      offset += taken
      if offset == piece.count {
        used += 1
        offset = 0
      }
    }
    queue.removeFirst(used)
    bytes -= done
    return done
  }

  private static func note(_ lost: UInt64) -> [UInt8] {
    Array("event: lost\ndata: \(lost)\n\n".utf8)
  }
}
