import Primitives
import Testing
import Transport

/// Records of plaintext, and the frames in them.
enum Frames {
  static func record(_ frames: MuxFrame...) -> [UInt8] { frames.flatMap(\.wireBytes) }

  static func of(_ record: [UInt8]) -> [MuxFrame] {
    var decoder = WireDecoder(record)
    var frames: [MuxFrame] = []
    while decoder.remaining > 0, let frame = try? decoder.value(MuxFrame.self) {
      frames.append(frame)
    }
    #expect(decoder.remaining == 0)
    return frames
  }
}

extension Mux {
  /// An acceptor of streams whose other end is made of frames.
  static func responder(_ settings: MuxSettings = MuxSettings()) -> Mux {
    Mux(.responder, settings: settings)
  }

  /// The frames that this end sends now.
  mutating func frames(max: Int = 60_000) -> [MuxFrame] { Frames.of(nextBytes(max: max)) }

  /// Takes frames; what they did.
  mutating func take(_ frames: MuxFrame...) throws(MuxViolation) -> [MuxEvent] {
    try receive(frames.flatMap(\.wireBytes))
  }

  /// Lets everything go both ways until nothing more comes; what happened at the other end.
  mutating func exchange(with other: inout Mux) throws -> [MuxEvent] {
    var events: [MuxEvent] = []
    while hasBytes || other.hasBytes {
      let there = nextBytes(max: 60_000)
      if !there.isEmpty { events += try other.receive(there) }
      let back = other.nextBytes(max: 60_000)
      if !back.isEmpty { _ = try receive(back) }
      if there.isEmpty, back.isEmpty { break }
    }
    return events
  }
}

extension [MuxFrame] {
  /// Bytes of messages on streams of the class that `ids` belong to.
  func pieceBytes(of id: StreamID) -> Int {
    reduce(0) { sum, frame in
      switch frame {
      case .begin(id, _, let piece), .more(id, let piece): sum + piece.count
      default: sum
      }
    }
  }

  /// The streams of the pieces, in order.
  var pieceStreams: [StreamID] {
    compactMap { frame in
      switch frame {
      case .begin(let id, _, _), .more(let id, _): id
      default: nil
      }
    }
  }
}
