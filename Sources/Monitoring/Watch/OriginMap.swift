import Primitives
import StateTrie

/// Who brought which part of the key space, in parts of equal width: each has the peer of the last
/// chunk that reached into it.
struct OriginMap: Sendable {
  private var peers = [UInt32?](repeating: nil, count: MonitoringLimits.keySpaceParts)

  mutating func add(_ range: KeyRange, from peer: UInt32) {
    let span = KeySpaceSpan(range)
    let parts = Double(peers.count)
    let first = min(Int(span.start * parts), peers.count - 1)
    let last = max(first + 1, min(Int((span.end * parts).rounded(.up)), peers.count))
    for index in first..<last { peers[index] = peer }
  }

  /// Parts side by side that are of one peer, as one.
  var spans: [PeerSpan] {
    var spans: [PeerSpan] = []
    let width = 1 / Double(peers.count)
    for (index, peer) in peers.enumerated() {
      guard let peer else { continue }
      let start = Double(index) * width
      if let last = spans.last, last.peer == peer, last.span.end == start {
        spans[spans.count - 1].span.end = Double(index + 1) * width
      } else {
        spans.append(
          PeerSpan(span: KeySpaceSpan(start: start, end: Double(index + 1) * width), peer: peer))
      }
    }
    return spans
  }
}
