/// Changes of a text that have come before what they stand on.
///
/// Any order, with repetitions, ends in the same text, as long as no more than
/// `CRDTLimits.textWaitingMax` changes wait at a time.
public struct TextInbox: Sendable {
  private enum Change: Sendable {
    case insertion(TextInsertion)
    case deletion(DotRange)
  }

  /// By the dot that each waits for.
  private var waiting: [ReplicaID: [UInt64: [Change]]] = [:]
  /// Changes that wait.
  public private(set) var count = 0

  public init() {}

  /// The dots that are missing, one of each replica: to be asked for.
  public var missing: [Dot] {
    waiting.keys.sorted().compactMap { replica in
      (waiting[replica] ?? [:]).keys.min().map { Dot(replica, $0) }
    }
  }

  /// Merges of `delta`, and of what has waited for it, all that can be; the rest waits.
  ///
  /// Refuses with `tooLarge` what would be too much to wait: merge the full text, then `retry`.
  /// What no replica can have written is left out, and the first such is thrown after the others
  /// were merged.
  public mutating func receive(
    _ delta: TextDelta, into text: inout RGAText
  ) throws(CRDTError) {
    let changes =
      delta.insertions.map { Change.insertion($0) } + delta.deletions.map { .deletion($0) }
    guard changes.count <= CRDTLimits.textWaitingMax - count else {
      throw .tooLarge("changes that wait", limit: CRDTLimits.textWaitingMax)
    }
    try settle(changes, into: &text)
  }

  /// Merges what has waited for characters that came in another way, as by the full text. Throws
  /// as `receive` does.
  public mutating func retry(into text: inout RGAText) throws(CRDTError) {
    var woken: [Change] = []
    for replica in waiting.keys.sorted() {
      woken += wake(DotRange(replica, 0...text.last(of: replica)))
    }
    try settle(woken, into: &text)
  }

  private mutating func settle(
    _ changes: [Change], into text: inout RGAText
  ) throws(CRDTError) {
    var open = changes
    var refusal: CRDTError?
    while let change = open.popLast() {
      let missing =
        switch change {
        case .insertion(let insertion): text.missing(for: insertion)
        case .deletion(let deletion): text.missing(for: deletion)
        }
      if let missing {
        waiting[missing.replica, default: [:]][missing.counter, default: []].append(change)
        count += 1
        continue
      }
      do throws(CRDTError) {
        switch change {
        case .insertion(let insertion):
          let replica = insertion.first.replica
          // From where it stood: counters that were left out never come.
          let before = text.last(of: replica)
          try text.merge(delta: TextDelta(insertions: [insertion]))
          open += wake(DotRange(replica, before...max(before, insertion.last)))
        case .deletion(let deletion):
          try text.merge(delta: TextDelta(deletions: [deletion]))
        }
      } catch {
        refusal = refusal ?? error
      }
    }
    if let refusal { throw refusal }
  }

  /// Takes out what has waited for some of the dots that are here now.
  private mutating func wake(_ dots: DotRange) -> [Change] {
    guard let changes = waiting[dots.replica] else { return [] }
    var woken: [Change] = []
    // A hostile range may be longer than what waits.
    let keys =
      dots.counters.upperBound - dots.counters.lowerBound < UInt64(changes.count)
      ? Array(dots.counters) : changes.keys.filter { dots.counters.contains($0) }
    for key in keys { woken += waiting[dots.replica]?.removeValue(forKey: key) ?? [] }
    if waiting[dots.replica]?.isEmpty ?? false { waiting[dots.replica] = nil }
    count -= woken.count
    return woken
  }
}
