extension CausalType {
  /// The latest time of a write that a value or a delta has, in whatever field; nil if there is
  /// none.
  public var latestTime: HybridTime? { state.store.latestTime }
}

extension EventStore {
  var latestTime: HybridTime? {
    switch self {
    case .lastWriter(let store): store.latest?.time
    case .map(let store): store.entries.entries.compactMap(\.value.latestTime).max()
    case .counter, .multiValue, .addWinsSet, .removeWinsSet, .enableWinsFlag, .disableWinsFlag: nil
    }
  }
}

extension HybridClock {
  /// Takes note of the times of another replica's value or delta, so that what follows here is
  /// later: to be called before it is merged. Refuses what has a time that lies more than
  /// `aheadMax` after `milliseconds`, which must then not be merged; the clock is as before.
  public mutating func observe(
    _ delta: some CausalType, at milliseconds: UInt64
  ) throws(CRDTError) {
    guard let time = delta.latestTime else { return }
    try observe(time, at: milliseconds)
  }
}
