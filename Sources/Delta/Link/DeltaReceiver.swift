import CRDT
import Primitives

/// Decides what becomes of a delta: taken, known already, or refused for a named reason that leads
/// to a comparison of all that is held. Nothing of a refused delta has an effect. A value.
public struct DeltaReceiver: Sendable {
  /// What the owner does with a delta.
  public enum Action: Sendable, Equatable {
    /// Apply these in order to the state and take them into the log, in one transaction. All before
    /// them is there.
    case apply([LoggedOperation])
    /// All of it is here already, or there is nothing in it.
    case known
    /// It does not fit: compare all that is held with this peer.
    case reconcile(DeltaError)
  }

  /// The types of values that are known here; nil for all.
  public let kinds: Set<UInt8>?

  public init(kinds: Set<UInt8>? = nil) { self.kinds = kinds }

  /// A delta came.
  public func receive(_ delta: Delta, log: OperationLog) -> Action {
    do throws(DeltaError) {
      let news = try log.news(of: delta.operations)
      if let kinds, let stranger = news.first(where: { !kinds.contains($0.kind) }) {
        throw .unknownKind(stranger.kind, of: stranger.dot)
      }
      return news.isEmpty ? .known : .apply(news)
    } catch { return .reconcile(error) }
  }
}
