import Compression
import Ledger
import Primitives
import StateTrie
import Streams

/// Why a snapshot could not be taken, kept, read or believed, and where.
///
/// A struct over a private enum, so that cases can be added; `reason` is stable and made for logs.
public struct SnapshotError: Error, Equatable, Sendable, CustomStringConvertible {
  private enum Kind: Equatable {
    case stream(StreamError)
    case ledger(LedgerStoreError)
    case absent
    case partial
    case foreign(String)
    case present
    case damaged(String)
    case noState
    case unanchored
    case gaveWay
    case tooLarge(String, limit: Int)
  }
  private let kind: Kind
  /// The file or directory, or what else it is about.
  public let place: String

  /// A file could not be read or written.
  public static func stream(_ error: StreamError) -> Self {
    .init(kind: .stream(error), place: error.path)
  }
  /// The chain's store could not be read.
  public static func ledger(_ error: LedgerStoreError) -> Self {
    .init(kind: .ledger(error), place: "the chain's store")
  }
  /// There is no such snapshot.
  public static func absent(_ path: String) -> Self { .init(kind: .absent, place: path) }
  /// A snapshot was begun here and not finished.
  public static func partial(_ path: String) -> Self { .init(kind: .partial, place: path) }
  /// Something lies here that is no part of a snapshot; `what` goes on after the path.
  public static func foreign(_ path: String, _ what: String) -> Self {
    .init(kind: .foreign(what), place: path)
  }
  /// There is a snapshot of this name already.
  public static func present(_ path: String) -> Self { .init(kind: .present, place: path) }
  /// What was read cannot be what was written, or is a lie.
  public static func damaged(_ place: String, _ fault: String) -> Self {
    .init(kind: .damaged(fault), place: place)
  }
  /// The chain does not hold the whole state.
  public static let noState = SnapshotError(kind: .noState, place: "the chain")
  /// The chain lacks what others need to go on from its last macro block.
  public static let unanchored = SnapshotError(kind: .unanchored, place: "the chain")
  /// Something of more importance waits for the store.
  public static let gaveWay = SnapshotError(kind: .gaveWay, place: "the chain's store")
  /// There is more of `what` than a snapshot may have.
  public static func tooLarge(_ place: String, _ what: String, limit: Int) -> Self {
    .init(kind: .tooLarge(what, limit: limit), place: place)
  }

  /// True if what was to be written found no room, or its device is broken.
  public var isLoss: Bool {
    if case .stream(let error) = kind { error.isLoss } else { false }
  }

  /// True if the bytes of a snapshot are not what they should be.
  public var isDamage: Bool {
    switch kind {
    case .damaged, .tooLarge: true
    default: false
    }
  }

  /// What the chain's store said, if it was that.
  public var ledger: LedgerStoreError? {
    if case .ledger(let error) = kind { error } else { nil }
  }

  /// Stable snake_case name of the case.
  public var reason: String {
    switch kind {
    case .stream(let error): error.isLoss ? "snapshot_not_written" : "snapshot_file"
    case .ledger(let error): error.reason
    case .absent: "snapshot_absent"
    case .partial: "snapshot_partial"
    case .foreign: "snapshot_foreign"
    case .present: "snapshot_present"
    case .damaged: "snapshot_damaged"
    case .noState: "snapshot_no_state"
    case .unanchored: "snapshot_unanchored"
    case .gaveWay: "snapshot_gave_way"
    case .tooLarge: "snapshot_too_large"
    }
  }

  public var description: String {
    switch kind {
    case .stream(let error): error.description
    case .ledger(let error): error.description
    case .absent: "there is no snapshot '\(place)'"
    case .partial: "'\(place)' is a snapshot that was not finished"
    case .foreign(let what): "'\(place)' \(what)"
    case .present: "there is a snapshot '\(place)' already"
    case .damaged(let fault): "\(place): \(fault)"
    case .noState: "the chain does not hold its whole state"
    case .unanchored:
      "the chain has no election block and history before its last macro block"
    case .gaveWay: "a change of the chain waited for the store"
    case .tooLarge(let what, let limit): "\(place): \(what), at most \(limit) are allowed"
    }
  }
}

extension SnapshotError {
  /// Runs what works with files.
  static func files<Output: ~Copyable>(
    _ body: () throws(StreamError) -> Output
  ) throws(SnapshotError) -> Output {
    do throws(StreamError) { return try body() } catch { throw .stream(error) }
  }
}
