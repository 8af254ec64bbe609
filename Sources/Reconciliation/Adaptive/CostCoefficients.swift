/// The coefficients of the cost model. Bytes follow from the wire forms; nanoseconds are measured
/// by `livesync-bench reconcile` on one core of an AMD EPYC with SHA extensions.
public enum CostCoefficients {
  /// Bytes of a request that asks for more of the same.
  public static let requestBytes = 32.0
  /// Bytes of one more plan in an opening.
  public static let offerBytes = 10.0

  /// Full exchange: bytes of a record with a key of some 17 bytes, nanoseconds to compare and to
  /// write one.
  public static let listedBytes = 36.5
  public static let listedReadNs = 350.0
  public static let listedWriteNs = 700.0
  /// Bytes of an id.
  public static let idBytes = 16.0

  /// Rateless symbols: bytes on the wire, nanoseconds to write one that is held and to read one.
  public static let symbolBytes = 21.1
  public static let symbolWriteNs = 23.0
  public static let symbolReadNs = 10.0
  /// Symbols per difference for many differences, and by how much more few take (SIGCOMM 2024,
  /// arXiv 2402.02668, measured anew).
  public static let overhead = 1.35
  public static let smallOverhead = 0.8
  /// Nanoseconds to peel one difference: more where the symbols do not fit the caches.
  public static func peelNs(_ difference: Double) -> Double {
    switch difference {
    case ..<2_000: 250
    case ..<8_000: 350
    case ..<20_000: 420
    case ..<40_000: 740
    default: 1_000
    }
  }

  /// Nanoseconds that each flight takes of both processors, whatever is in it.
  public static let flightNs = 25_000.0

  /// A table of fixed size: cells per difference, at least so many more, bytes of the estimate,
  /// nanoseconds to put one record in.
  public static let tableCells = 1.9
  public static let tableCellsMin = 60.0
  public static let strataBytes = 16_000.0
  public static let tableInsertNs = 80.0

  /// Bloom filters: bytes a record, share of the difference that they miss, nanoseconds to put in
  /// or look up one record.
  public static let filterBytes = 1.25
  public static let filterMissedShare = 0.02
  public static let filterReadNs = 105.0
  public static let filterWriteNs = 210.0
  /// Nanoseconds to take in one record that the filters told.
  public static let filteredNs = 550.0
  /// Records of one filter; a larger set has several, the first of which goes alone.
  public static let filterItems = 131_072.0

  /// A tree of sixteen children a node whose leaves have some records.
  public static let treeFanout = 16.0
  public static let treeLeaf = 4.0
  public static let treeAskBytes = 5.0
  public static let treeAnswerBytes = 75.0
  public static let treeNodeNs = 6_000.0

  /// Negentropy: parts of a range, most records of one whose ids are listed, bytes of a fingerprint
  /// and of an id, nanoseconds of both.
  public static let rangeFanout = 16.0
  public static let rangeListed = 32.0
  public static let rangePrintBytes = 21.0
  public static let rangeIDBytes = 32.0
  public static let rangePrintNs = 700.0
  public static let rangeIDReadNs = 180.0
  public static let rangeIDWriteNs = 80.0
  /// Bytes of the first request by ranges.
  public static let rangeLookBytes = 380.0
  /// Bytes of the answer, and nanoseconds to make it, on average.
  public static let rangeLookAnswerBytes = 2_500.0
  public static let rangeLookNs = 150_000.0
}
