extension SketchComparison: EstimatingComparison {
  public var estimate: SyncEstimate? {
    estimatedDifferences.map { SyncEstimate(count: $0, symbols: symbolCount) }
  }
}
