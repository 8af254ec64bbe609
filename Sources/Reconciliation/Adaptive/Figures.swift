extension Double {
  /// The whole number below, as near as 1e18 allows on either side; 0 of what is no number. Figures
  /// of strangers need not be anything sensible.
  var boundedWhole: Int {
    isNaN ? 0 : Int(Swift.min(Swift.max(self, -1e18), 1e18))
  }
}
