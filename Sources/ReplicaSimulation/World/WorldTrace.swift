import Primitives
import Runtime

/// All that happened in a world: its digest, and the last events as lines.
struct WorldTrace {
  enum Event {
    case delivered(from: Int, to: Int, [UInt8])
    case lost(from: Int, to: Int, why: String)
    case command(Int, to: Int, String)
    case fault(String)
    case replica(Int, String)
  }

  private var digest = Sha256Stream()
  private var last: [(Moment, Event)] = []
  private var next = 0
  private(set) var count = 0

  mutating func add(_ event: Event, at moment: Moment) {
    count += 1
    var encoder = WireEncoder()
    encoder.append(UInt64(bitPattern: moment.nanoseconds))
    switch event {
    case .delivered(let from, let to, let bytes):
      encoder.append(byte: 1)
      encoder.append(count: from)
      encoder.append(count: to)
      encoder.append(bytes)
    case .lost(let from, let to, let why):
      encoder.append(byte: 2)
      encoder.append(count: from)
      encoder.append(count: to)
      encoder.append(why)
    case .command(let number, let replica, let text):
      encoder.append(byte: 3)
      encoder.append(count: number)
      encoder.append(count: replica)
      encoder.append(text)
    case .fault(let text):
      encoder.append(byte: 4)
      encoder.append(text)
    case .replica(let replica, let text):
      encoder.append(byte: 5)
      encoder.append(count: replica)
      encoder.append(text)
    }
    digest.append(encoder.bytes)
    if last.count < ReplicaSimulationLimits.reportedEventsMax {
      last.append((moment, event))
    } else {
      last[next] = (moment, event)
      next = (next + 1) % last.count
    }
  }

  var hash: Hash256 { digest.hash }

  /// The last events, the newest at the end.
  var lines: [String] {
    (last[next...] + last[..<next]).map { moment, event in
      let text =
        switch event {
        case .delivered(let from, let to, let bytes): "\(from) > \(to)  \(bytes.count) bytes"
        case .lost(let from, let to, let why): "\(from) > \(to)  \(why)"
        case .command(let number, let replica, let text): "\(replica)  command \(number): \(text)"
        case .fault(let text): "fault \(text)"
        case .replica(let replica, let text): "\(replica)  \(text)"
        }
      return "\(moment)  \(text)"
    }
  }
}
