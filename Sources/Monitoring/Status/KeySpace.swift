import Primitives
import StateTrie

/// A part of the key space as a share of its width, from 0 to 1.
public struct KeySpaceSpan: Sendable, Hashable {
  public var start: Double
  public var end: Double

  public init(start: Double, end: Double) {
    self.start = start
    self.end = end
  }

  init(_ range: KeyRange) {
    start = KeyRange(start: .empty, end: range.start).share
    end = start + range.share
  }

  public var width: Double { end - start }
}

/// A part of the key space and the peer it has to do with.
public struct PeerSpan: Sendable, Hashable {
  public var span: KeySpaceSpan
  /// The peer's number in the log.
  public var peer: UInt32

  public init(span: KeySpaceSpan, peer: UInt32) {
    self.span = span
    self.peer = peer
  }
}

extension KeyRangeSet {
  /// The ranges as spans, at most `limit`: joined over their smallest gaps if there are more.
  package func spans(limit: Int) -> [KeySpaceSpan] {
    var spans = ranges.map(KeySpaceSpan.init)
    guard spans.count > limit, limit > 0 else { return spans }
    let gaps = spans.indices.dropFirst().map {
      (width: spans[$0].start - spans[$0 - 1].end, at: $0)
    }
    let joined = Set(
      gaps.sorted { ($0.width, $0.at) < ($1.width, $1.at) }.prefix(spans.count - limit).map(\.at))
    var result: [KeySpaceSpan] = []
    for (index, span) in spans.enumerated() {
      if joined.contains(index) {
        result[result.count - 1].end = span.end
      } else {
        result.append(span)
      }
    }
    spans = result
    return spans
  }
}
