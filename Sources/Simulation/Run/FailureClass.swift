import EventLog

/// What two failing runs have in common if they have the same fault: which rule did not hold, and
/// where that was seen. Numbers, hashes and names of nodes do not count.
public struct FailureClass: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Name of the rule in the manual, such as `S1`; the verdict if it has none.
  public let invariant: String
  /// The kind of the event at which it was seen, or what the node lacked in the end.
  public let place: String

  public init(invariant: String, place: String) {
    self.invariant = invariant
    self.place = place
  }

  /// The class of a run that failed; nil if it did not.
  public init?(_ report: SimulationReport) {
    switch report.verdict {
    case .safety, .liveness, .crash: break
    case .pass, .vacuous, .unwinnable: return nil
    }
    self.init(report.verdict, reason: report.reason, place: report.place)
  }

  /// The class of a run that ended with `reason`, which may begin with a rule as in `S1: …`.
  init(_ verdict: Event.RunVerdict, reason: String, place: String?) {
    let name = reason.prefix { $0 != ":" }
    let isRule =
      name.count < reason.count && name.count <= 3 && name.first?.isUppercase == true
      && name.dropFirst().allSatisfy(\.isNumber)
    invariant = isRule ? String(name) : verdict.rawValue
    self.place = place ?? Self.form(of: isRule ? String(reason.dropFirst(name.count + 2)) : reason)
  }

  /// The text with every number in it as `N`, so that texts of the same form are equal.
  static func form(of text: String) -> String {
    var form = ""
    var isInNumber = false
    for character in text {
      if character.isASCII, character.isNumber {
        if !isInNumber { form.append("N") }
        isInNumber = true
      } else {
        form.append(character)
        isInNumber = false
      }
    }
    return form
  }

  public var description: String { "\(invariant) at \(place)" }

  public static func < (a: FailureClass, b: FailureClass) -> Bool {
    (a.invariant, a.place) < (b.invariant, b.place)
  }
}
