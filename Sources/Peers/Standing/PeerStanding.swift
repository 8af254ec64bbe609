import Networking
import Runtime

/// How one peer answers, as far as it decides whether it is asked before others or after them: one
/// value for all kinds of requests, kept by `PeerList`. The ranking follows from it, and whoever
/// asks reads it there.
struct PeerStanding: Sendable {
  /// The same for requests of one kind.
  private struct Kind {
    /// It has given an answer that is of use.
    var isHeard = false
    /// It has let a request time out, and never given one.
    var isSilent = false
    /// It was late since it began to be asked last.
    var isLate = false
    /// It has answered in time since then.
    var isForgiven = false
  }

  /// True if the peer was found to be too far above us, and not looked at since.
  var isAhead = false
  /// Until when it is asked last; the start of all time if it is not.
  private(set) var lateUntil = Moment.start
  /// By the numbers of the types, which take less memory than all of them.
  private var kinds: [UInt16: Kind] = [:]

  /// True if it has given a good answer of this kind.
  func isHeard(for type: RequestType) -> Bool { kinds[type.rawValue]?.isHeard ?? false }

  /// True if it was late with a request of this kind and has never given a good answer.
  func isSilent(for type: RequestType) -> Bool { kinds[type.rawValue]?.isSilent ?? false }

  /// True if it was late lately. Who is late with one kind is taken to be so with all, until it
  /// shows otherwise: an answer of one kind says nothing of another.
  func isLate(for type: RequestType) -> Bool {
    guard lateUntil > .start else { return false }
    return kinds[type.rawValue].map { $0.isLate || !$0.isForgiven } ?? true
  }

  /// It has given an answer of this kind. That it was late is another matter.
  mutating func heard(for type: RequestType) {
    kinds[type.rawValue, default: Kind()].isHeard = true
    kinds[type.rawValue]?.isSilent = false
  }

  /// It has let a request of this kind time out.
  mutating func missed(for type: RequestType) {
    kinds[type.rawValue, default: Kind()].isSilent = !isHeard(for: type)
  }

  /// It was late with a request of this kind, and is asked last until then.
  mutating func wasLate(for type: RequestType, until moment: Moment) {
    missed(for: type)
    lateUntil = moment
    kinds[type.rawValue]?.isLate = true
    kinds[type.rawValue]?.isForgiven = false
  }

  /// It has given a good answer of this kind in time.
  mutating func answered(for type: RequestType) {
    heard(for: type)
    kinds[type.rawValue]?.isLate = false
    kinds[type.rawValue]?.isForgiven = lateUntil > .start
    if !kinds.values.contains(where: \.isLate) { self = forgiven }
  }

  /// True if the time is over for which it is asked last.
  func isOver(at now: Moment) -> Bool { lateUntil > .start && lateUntil <= now }

  /// What is left of it then: lateness is forgiven with time, silence is not.
  var forgiven: PeerStanding {
    var rest = self
    rest.lateUntil = .start
    rest.kinds = kinds.mapValues { Kind(isHeard: $0.isHeard, isSilent: $0.isSilent) }
    return rest
  }

  /// What is left of it when the peer leaves: that it is asked last; nil if it is not.
  var afterLeaving: PeerStanding? {
    guard lateUntil > .start else { return nil }
    var rest = PeerStanding()
    rest.lateUntil = lateUntil
    rest.kinds = kinds.mapValues { Kind(isLate: $0.isLate, isForgiven: $0.isForgiven) }
    return rest
  }
}
