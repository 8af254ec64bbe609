import Primitives
import Reconciliation

/// What the store held at one time, as sessions compare by it. It stays as it is while clients
/// write: what changed since is undone as the view is read, so to take one copies nothing.
///
/// Undone are a record's place, id, version and size. Its value is that of now, so of a record that
/// changed since there is none, and `record(_:)` gives nothing: whoever lacked it will be given the
/// newer one.
///
/// `@unchecked Sendable`: on the thread of the core only, which is checked.
public final class KeyValueView: ReplicaView, @unchecked Sendable {
  public let summary: ReplicaSummary
  public let strategies: [StrategyID] = [.rateless, .merkle, .full]
  private let host: any KeyValueHost
  private let guarded: ThreadGuard
  private var undone: UndoneChanges
  /// Tree and symbols of that time, made when they are wanted.
  private var indexes: (tree: RecordTree, symbols: SymbolPrefix<RecordID>)?
  /// Whether it lived so long that what changed since is not known any more.
  public private(set) var isGivenUp = false

  init(_ core: inout KeyValueCore, of host: any KeyValueHost, guarded: ThreadGuard) {
    core.keepHistory()
    summary = core.recordSummary
    undone = UndoneChanges(since: summary.revision)
    self.host = host
    self.guarded = guarded
  }

  /// The first change that it has not looked at; history before it is of no use to it.
  var cursor: UInt64? { isGivenUp ? nil : undone.cursor }

  /// Reads the store as it was.
  /// - Throws: `ViewError.givenUp`.
  func read<Output>(
    _ body: (inout KeyValueCore, UndoneChanges) -> Output
  ) throws(ViewError) -> Output {
    guarded.check()
    guard !isGivenUp else { throw .givenUp }
    return try host.withCore { core throws(ViewError) in
      core.settle()
      guard undone.follow(core.indexes.history) else {
        isGivenUp = true
        throw .givenUp
      }
      return body(&core, undone)
    }
  }

  /// Tree and symbols as they were.
  func comparable() throws(ViewError) -> (tree: RecordTree, symbols: SymbolPrefix<RecordID>) {
    if let indexes, !isGivenUp { return indexes }
    let made = try read { core, undone in
      var (tree, symbols) = (core.indexes.tree, core.indexes.symbols)
      undone.undo(in: &tree, &symbols, core.table)
      return (tree: tree, symbols: symbols)
    }
    indexes = made
    return made
  }

  // MARK: Strategies

  public func initiator(
    of plan: SyncPlan, remote: ReplicaSummary?, configuration: SyncConfiguration
  ) -> (any ComparisonInitiator)? {
    guard let (_, symbols) = try? comparable() else { return nil }
    switch plan.strategy {
    case .full: return IDExchange(self)
    case .merkle:
      var settings = MerkleSettings()
      settings.batchNodes = configuration.batchItems
      return MerkleComparison(ViewSource(view: self), settings: settings)
    case .rateless:
      // No more symbols than are kept: for further ones all records would be gone through at once.
      return SketchComparison(
        ViewIDs(view: self), prefix: symbols,
        options: SketchOptions(
          symbolsMax: symbols.length, expectedDifferences: plan.expected))
    default: return nil
    }
  }

  public func responder(of strategy: StrategyID) -> (any ComparisonResponder)? {
    guard let (_, symbols) = try? comparable() else { return nil }
    switch strategy {
    case .full: return IDResponder(self)
    case .merkle: return MerkleResponder(ViewSource(view: self))
    case .rateless:
      return SketchResponder(ViewIDs(view: self), prefix: symbols, symbolsMax: symbols.length)
    default: return nil
    }
  }

  public func probe(symbols count: Int) -> [UInt8]? {
    (try? comparable())?.symbols.probe(count)
  }

  public func answer(toProbe symbols: [UInt8]) throws(ReconciliationError) -> ProbeFinding {
    guard let own = try? comparable() else { return .unclear }
    return try own.symbols.answer(toProbe: symbols)
  }

  // MARK: Records

  public func record(_ id: RecordID) -> Record? {
    (try? read { core, undone -> Record? in
      guard let number = core.number(of: id), !undone.hasChanged(number) else { return nil }
      return core.record(number)
    }) ?? nil
  }

  /// Whether it had this record, be it there still or not.
  public func holds(_ id: RecordID) -> Bool {
    (try? read { core, undone in
      if undone.held(id) { return true }
      return core.number(of: id).map { !undone.hasChanged($0) } ?? false
    }) ?? false
  }

  public func record(of key: [UInt8]) -> Record? {
    (try? read { core, undone -> Record? in
      guard let number = core.recordNumber(of: key), !undone.hasChanged(number) else { return nil }
      return core.record(number)
    }) ?? nil
  }

  /// Whether the record of a key is still the one that it had.
  func hasKept(_ key: [UInt8]) -> Bool {
    (try? read { core, undone in
      core.recordNumber(of: key).map { !undone.hasChanged($0) } ?? false
    }) ?? false
  }

  public func value(of record: Record) -> [UInt8]? {
    (try? read { core, _ -> [UInt8]? in
      core.number(of: record.id).map { core.content(of: $0) }
    }) ?? nil
  }

  /// Bytes of the value of a record that is there still.
  func size(of id: RecordID) -> Int? {
    (try? read { core, undone -> Int? in
      guard let number = core.number(of: id), !undone.hasChanged(number) else { return nil }
      return StoredContent.bytes(of: core.table.entry(number).pointee)
    }) ?? nil
  }
}

/// Why a view cannot be read.
enum ViewError: Error, Hashable, Sendable {
  /// More than `KeyValueLimits.viewChangesMax` records changed since.
  case givenUp
}
