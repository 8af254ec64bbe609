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
  /// Nanoseconds to take in a symbol while too few are here to peel more than some.
  public static let symbolTakenNs = 40.0
  /// Symbols per difference for many differences, and by how much more few take (SIGCOMM 2024,
  /// arXiv 2402.02668, measured anew).
  public static let overhead = 1.35
  public static let smallOverhead = 0.8
  /// Nanoseconds to peel one difference: more where the symbols do not fit the caches.
  public static func peelNs(_ difference: Double) -> Double { peeling.value(at: difference) }
  private static let peeling = LineThrough(
    (100, 230), (1_000, 240), (3_000, 265), (5_000, 345), (10_000, 375), (30_000, 690),
    (50_000, 880), (70_000, 920), (100_000, 1_150), (500_000, 3_100))

  /// Nanoseconds that each flight takes of both processors, whatever is in it.
  public static let flightNs = 2_000.0

  /// A table of fixed size: cells per difference, at least so many more, bytes of the estimate,
  /// nanoseconds to put one record in.
  public static let tableCells = 1.9
  public static let tableCellsMin = 60.0
  public static let strataBytes = 16_000.0
  public static let tableInsertNs = 80.0

  /// Bloom filters: bytes a record, share of the difference that they miss, nanoseconds to look up
  /// or put in one record, and to take in one that the filters told.
  public static let filterBytes = 1.25
  public static let filterMissedShare = 0.02
  public static func filterReadNs(_ count: Double) -> Double { filterReading.value(at: count) }
  private static let filterReading = LineThrough((100_000, 104), (1_000_000, 200))
  public static let filterWriteNs = 210.0
  public static func filteredNs(_ difference: Double) -> Double { filtered.value(at: difference) }
  private static let filtered = LineThrough(
    (1_000, 330), (10_000, 420), (30_000, 560), (70_000, 610), (100_000, 830), (500_000, 1_350))
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
  /// Nanoseconds of one fingerprint, of either side, since each is compared with an own one.
  public static func rangePrintNs(_ count: Double) -> Double { printing.value(at: count) }
  private static let printing = LineThrough((100_000, 430), (1_000_000, 750))
  /// Nanoseconds to read and to write an id of a list, and for one that differs.
  public static let rangeIDReadNs = 90.0
  public static let rangeIDWriteNs = 45.0
  public static func rangeFoundNs(_ difference: Double) -> Double { found.value(at: difference) }
  private static let found = LineThrough(
    (1_000, 90), (10_000, 130), (30_000, 180), (100_000, 280), (500_000, 330))
  /// Places in order of version that one difference takes: both versions of a record lie together.
  public static let rangePlaces = 0.5

  /// A look: bytes of the first request by ranges and of an answer that is a number, nanoseconds
  /// of either side.
  public static let lookBytes = 382.0
  public static let lookAnswerBytes = 32.0
  public static let lookNs = 7_500.0
}

/// Straight lines from point to point, level before the first and behind the last one.
struct LineThrough: Sendable {
  private let points: [(x: Double, y: Double)]

  init(_ points: (Double, Double)...) {
    self.points = points.map { (x: $0.0, y: $0.1) }
  }

  func value(at x: Double) -> Double {
    guard let next = points.firstIndex(where: { $0.x > x }) else { return points.last?.y ?? 0 }
    guard next > 0 else { return points[0].y }
    let (a, b) = (points[next - 1], points[next])
    return a.y + (b.y - a.y) * (x - a.x) / (b.x - a.x)
  }
}
