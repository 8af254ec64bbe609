import CRDT
import Primitives
import Reconciliation

extension StrategyID {
  /// What both logs say was done since the two last had the same.
  public static let delta = StrategyID(64, name: "delta")
}

/// Records and the log of the operations that made them, at one time.
struct LoggedView: Sendable {
  let records: any ReplicaView
  let log: OperationLog
  /// The keys of the records that an operation changes.
  let keys: @Sendable (LoggedOperation) -> [[UInt8]]

  /// The names of the records that were changed after `version`, as they are now. Throws if the log
  /// no longer reaches back.
  func changed(since version: VersionVector) throws(DeltaError) -> Set<RecordID> {
    var known = version
    var ids: Set<RecordID> = []
    var seen: Set<[UInt8]> = []
    while true {
      let delta = try log.generateDelta(from: known)
      if delta.isEmpty { return ids }
      add(delta.operations, to: &ids, seen: &seen)
      known.merge(delta.to)
    }
  }

  /// The names of the records that one part of the operations after `version` has changed, as they
  /// are now, and how many parts there are.
  func changed(
    since version: VersionVector, part: Int
  ) throws(DeltaError) -> (ids: Set<RecordID>, parts: Int) {
    let (operations, parts) = try log.part(
      part, of: DeltaLimits.answerOperationsMax, from: version)
    var ids: Set<RecordID> = []
    var seen: Set<[UInt8]> = []
    if parts <= DeltaLimits.answerPagesMax { add(operations, to: &ids, seen: &seen) }
    return (ids, parts)
  }

  private func add(
    _ operations: [LoggedOperation], to ids: inout Set<RecordID>, seen: inout Set<[UInt8]>
  ) {
    for operation in operations {
      for key in keys(operation) where seen.insert(key).inserted {
        if let record = records.record(of: key) { ids.insert(record.id) }
      }
    }
  }
}

/// The side that asks what was done since. One answer tells both directions: what the other side
/// has written since this one's version, and its version, behind which this side looks up its own.
public struct DeltaComparison: ComparisonInitiator {
  private let view: LoggedView
  private var nextPage = 0
  private var pages = 1
  private var answered: Set<UInt32> = []
  private var remote: VersionVector?
  private var named: Set<RecordID> = []
  private var own: Set<RecordID> = []

  init(_ view: LoggedView) { self.view = view }

  public mutating func nextRequest() -> ComparisonRequest? {
    guard nextPage < pages else { return nil }
    defer { nextPage += 1 }
    let question = DeltaQuestion(version: view.log.version, page: nextPage)
    return ComparisonRequest(number: UInt32(nextPage), body: question.wireBytes)
  }

  public mutating func receive(
    _ answer: [UInt8], to number: UInt32
  ) throws(ReconciliationError) {
    let read: DeltaAnswer
    do throws(WireError) { read = try DeltaAnswer(wireBytes: answer) } catch {
      throw .malformed("what was done since", error)
    }
    guard number < UInt32(nextPage), answered.insert(number).inserted else {
      throw .malformed("part \(number) was not asked for")
    }
    if let remote {
      guard read.version == remote, read.pages == pages else {
        throw .contradiction("the parts of one answer are of two versions")
      }
    } else {
      remote = read.version
      pages = read.pages
      do throws(DeltaError) { own = try view.changed(since: read.version) } catch {
        // The other side is not to blame, and no other try would help.
        throw .limitReached("the log here: \(error)")
      }
    }
    named.formUnion(read.ids)
  }

  public var isComplete: Bool { answered.count == pages }

  public var difference: RecordDifference {
    RecordDifference(
      missing: named.filter { view.records.record($0) == nil },
      extra: isComplete ? own.subtracting(named) : [])
  }
}

/// The side that tells what it has written since. It keeps nothing between two questions, and looks
/// only at those operations that are asked for: a record that was written in two parts is named
/// twice.
public struct DeltaResponder: ComparisonResponder {
  private let view: LoggedView

  init(_ view: LoggedView) { self.view = view }

  public func answer(_ request: [UInt8]) throws(ReconciliationError) -> [UInt8] {
    let question: DeltaQuestion
    do throws(WireError) { question = try DeltaQuestion(wireBytes: request) } catch {
      throw .malformed("a question what was done since", error)
    }
    let changed: (ids: Set<RecordID>, parts: Int)
    do throws(DeltaError) {
      changed = try view.changed(since: question.version, part: question.page)
    } catch { throw .unavailable("\(error)") }
    guard changed.parts <= DeltaLimits.answerPagesMax else {
      throw .limitReached("\(changed.parts) parts of what was done since")
    }
    guard changed.ids.count <= DeltaLimits.answerIDsMax else {
      throw .limitReached("\(changed.ids.count) records of one part of what was done since")
    }
    return DeltaAnswer(
      version: view.log.version, pages: changed.parts, ids: changed.ids.sorted()
    ).wireBytes
  }
}
