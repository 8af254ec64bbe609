/// What a value may have at most once another one is merged: no more than its decoder takes, or
/// what is stored could not be read again.
package struct MergeBounds: Sendable {
  /// Elements of a set, or fields of a map on one level.
  package var elements = CRDTLimits.elementsMax
  /// Ranges of counters of the context.
  package var ranges = CRDTLimits.stateRangesMax

  package init() {}
}
