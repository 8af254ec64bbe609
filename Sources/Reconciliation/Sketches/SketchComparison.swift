import Primitives

/// Finds the difference of two sets of records by coded symbols (rateless IBLT): asks for the other
/// side's from index 0 on, and stops when they decode. A request names the symbols wanted, so the
/// other side holds nothing; batches grow with what is still undecoded.
public struct SketchComparison<Source: RecordIDSource>: ComparisonInitiator {
  private var local: SymbolSource<Source>
  private var decoder: SymbolDecoder<RecordID>
  private let options: SketchOptions
  private var requested = 0
  private var nextNumber: UInt32 = 0
  private var underWay: [UInt32: SymbolRequest] = [:]
  /// Answers that came before those of earlier symbols, by their first index.
  private var early: [Int: [CodedSymbol<RecordID>]] = [:]
  /// Items and stamp of the other side's set.
  private var remote: (items: Int, stamp: UInt64)?
  private var isFailed = false
  public private(set) var difference = RecordDifference()

  /// - Parameters:
  ///   - ids: all ids of this side.
  ///   - prefix: the coded symbols of just these.
  public init(
    _ ids: Source, prefix: SymbolPrefix<RecordID>, options: SketchOptions = SketchOptions()
  ) {
    self.init(SymbolSource(ids, prefix: prefix), options: options)
  }

  init(_ local: SymbolSource<Source>, options: SketchOptions) {
    self.local = local
    self.options = options
    decoder = SymbolDecoder(checksumBytes: options.checksumBytes)
  }

  public var isComplete: Bool { decoder.isComplete && !isFailed }

  /// Items of the other side's set, nil before the first answer.
  public var remoteCount: Int? { remote?.items }

  /// Symbols of the other side that came so far.
  public var symbolCount: Int { decoder.symbolCount }

  /// How many differences there are in all, about; exact when complete. Nil before enough came.
  public var estimatedDifferences: Double? {
    remote.flatMap { decoder.estimatedDifferences(among: local.itemCount, $0.items) }
  }

  /// How many symbols more it takes, about; nil before enough came.
  public var estimatedSymbolsMore: Double? {
    if isComplete { return 0 }
    return decoder.estimatedSymbols.map { max(1, $0 - Double(decoder.symbolCount)) }
  }

  public mutating func nextRequest() -> ComparisonRequest? {
    nextRequest(symbols: goal - requested)
  }

  /// A request for so many symbols more, whatever is known; nil if there is no room for one.
  public mutating func nextRequest(symbols wanted: Int) -> ComparisonRequest? {
    guard !isFailed, !decoder.isComplete, underWay.count + early.count < options.requestsMax,
      requested < options.symbolsMax, wanted > 0
    else { return nil }
    let request = SymbolRequest(
      start: requested,
      count: min(
        wanted, ReconciliationLimits.symbolsPerAnswerMax, options.symbolsMax - requested),
      checksumBytes: options.checksumBytes)
    requested = request.end
    defer { nextNumber += 1 }
    underWay[nextNumber] = request
    return ComparisonRequest(number: nextNumber, body: request.wireBytes)
  }

  /// Symbols to have asked for by now.
  private var goal: Int {
    let least = max(ReconciliationLimits.nextSymbolsMin, requested / 8)
    guard requested > 0 else {
      let expected = options.expectedDifferences.map(DifferenceEstimate.symbols(differences:))
      return max(ReconciliationLimits.firstSymbols, DifferenceEstimate.whole(expected ?? 0))
    }
    // Before the first answer nothing is known.
    guard let estimate = decoder.estimatedSymbols else { return requested }
    let goal = DifferenceEstimate.wanted(of: estimate, held: decoder.symbolCount)
    return underWay.isEmpty && early.isEmpty ? max(goal, requested + least) : goal
  }

  public mutating func receive(
    _ answer: [UInt8], to number: UInt32
  ) throws(ReconciliationError) {
    guard !isFailed, let request = underWay.removeValue(forKey: number) else {
      throw .malformed("an answer to request \(number), for which none is awaited")
    }
    // What was asked for beyond the symbols that were enough.
    if decoder.isComplete { return }
    do {
      try take(answer, to: request)
    } catch {
      isFailed = true
      throw error
    }
  }

  private mutating func take(
    _ answer: [UInt8], to request: SymbolRequest
  ) throws(ReconciliationError) {
    let batch: SymbolBatch<RecordID>
    do throws(WireError) {
      batch = try SymbolBatch(
        answer, from: request.start, checksumBytes: request.checksumBytes, limit: request.count)
    } catch { throw .malformed("coded symbols from \(request.start) on", error) }
    guard batch.symbols.count == request.count else {
      throw .malformed("\(batch.symbols.count) coded symbols, not \(request.count)")
    }
    if let remote, remote != (batch.itemCount, batch.stamp) {
      throw .unavailable("the other side's set changed during the comparison")
    }
    remote = (batch.itemCount, batch.stamp)
    early[request.start] = batch.symbols
    while let symbols = early.removeValue(forKey: decoder.symbolCount) {
      let start = decoder.symbolCount
      let ours = try local.symbols(start..<(start + symbols.count), most: options.symbolsMax)
      try decoder.append(remote: symbols, local: ours)
      guard !decoder.isComplete else { break }
    }
    try decoder.addItems(
      since: difference.count, remoteOnly: &difference.missing, localOnly: &difference.extra)
    guard decoder.isComplete || decoder.symbolCount < options.symbolsMax else {
      throw .limitReached("\(decoder.symbolCount) coded symbols do not tell the difference")
    }
  }
}

/// How a comparison by coded symbols is done.
public struct SketchOptions: Sendable, Hashable {
  /// Symbols at most, 1...`ReconciliationLimits.symbolsMax`.
  public let symbolsMax: Int
  /// Bytes of a checksum, 4...8. Four are enough up to some ten thousands of differences.
  public let checksumBytes: Int
  /// Requests under way at most, 1...`ReconciliationLimits.sketchRequestsMax`. What is asked for
  /// follows from the estimate; more requests only bring it sooner.
  public let requestsMax: Int
  /// The number of differences if it is known, for instance from the last session.
  public let expectedDifferences: Double?

  public init(
    symbolsMax: Int = ReconciliationLimits.symbolsMax, checksumBytes: Int = 4,
    requestsMax: Int = ReconciliationLimits.sketchRequestsMax, expectedDifferences: Double? = nil
  ) {
    self.symbolsMax = max(1, min(symbolsMax, ReconciliationLimits.symbolsMax))
    self.checksumBytes = max(4, min(checksumBytes, 8))
    self.requestsMax = max(1, min(requestsMax, ReconciliationLimits.sketchRequestsMax))
    self.expectedDifferences = expectedDifferences
  }
}
