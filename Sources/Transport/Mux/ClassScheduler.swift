import Networking

extension TrafficClass {
  /// Whether the class goes before all that are not.
  var isUrgent: Bool { self == .control || self == .headers }

  /// Share of the line among the classes that are not urgent.
  var weight: Int {
    switch self {
    case .control, .headers, .blocks: 8
    case .diffs: 4
    case .chunks: 2
    case .bulk: 1
    }
  }

  /// Largest piece of a message in one frame, in bytes.
  var pieceBytesMax: Int {
    self == .bulk ? TransportLimits.bulkPieceBytesMax : TransportLimits.pieceBytesMax
  }
}

/// Chooses the class that is served next: urgent ones first, the others by start-time fair queueing
/// (Goyal, Vin and Cheng 1996). A class that had nothing to send earns no credit meanwhile.
struct ClassScheduler: Sendable {
  private var clock = 0
  private var finish = [Int](repeating: 0, count: TrafficClass.allCases.count)

  /// The class to serve of those that are ready, nil if none is. Stays the same until something is
  /// charged or a class that goes before it becomes ready.
  func next(ready: (TrafficClass) -> Bool) -> TrafficClass? {
    if let urgent = TrafficClass.allCases.first(where: { $0.isUrgent && ready($0) }) {
      return urgent
    }
    return TrafficClass.allCases.filter { !$0.isUrgent && ready($0) }
      .min { (start($0), $0.rawValue) < (start($1), $1.rawValue) }
  }

  /// Notes that `bytes` of `kind` were served.
  mutating func charge(_ bytes: Int, to kind: TrafficClass) {
    guard !kind.isUrgent else { return }
    clock = start(kind)
    let cost = bytes * TrafficClass.blocks.weight / kind.weight
    finish[Int(kind.rawValue)] = clock + cost
  }

  private func start(_ kind: TrafficClass) -> Int { max(clock, finish[Int(kind.rawValue)]) }
}
