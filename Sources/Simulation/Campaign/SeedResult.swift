import EventLog
import Primitives

/// What makes results comparable: the same campaign, run by the same program.
public struct CampaignIdentity: Sendable, Hashable {
  /// Name of the profile or scenario.
  public var profile: String
  /// The options that change its worlds, as they were given.
  public var options: String
  /// What runs them.
  public var program: RunIdentity

  public init(profile: String, options: String, program: RunIdentity) {
    self.profile = profile
    self.options = options
    self.program = program
  }

  /// The fields in the order of a line.
  fileprivate var fields: [(String, String)] {
    [
      ("profile", profile), ("options", options), ("commit", program.commit),
      ("toolchain", program.toolchain), ("mode", program.mode),
    ]
  }

  /// Throws for the first field in which `other` differs.
  func check(_ other: CampaignIdentity) throws(CampaignError) {
    for (own, found) in zip(fields, other.fields) where own.1 != found.1 {
      throw .otherCampaign(own.0, found.1, not: own.1)
    }
  }
}

/// What came of one seed: one line in a file of results.
public struct SeedResult: Sendable, Hashable {
  public var campaign: CampaignIdentity
  public var seed: UInt64
  public var verdict: Event.RunVerdict
  /// What failed; empty texts if nothing did.
  public var failure: FailureClass
  /// One sentence on why, if it is not pass.
  public var reason: String
  public var virtualNanoseconds: Int64
  /// Time to the complete state in thousandths of the least possible; nil if it was not measured.
  public var limitPerMille: Int?
  public var chunks: Int
  public var diffs: Int
  public var rebranches: Int
  public var rebranchesWhileIncomplete: Int
  /// SHA-256 of the event log in hexadecimal digits; empty if there is none.
  public var logDigest: String
  /// How often each kind of event was seen that was seen at all, in the order of names; then what
  /// faults did, what was reached and what was refused (`RunMarks.Kind`).
  public var marks: [SimulationReport.EventCount]
  /// Real time of the run; the only number that does not follow from the seed.
  public var wallNanoseconds: Int64

  /// The result of a run that came to an end.
  public init(
    _ report: SimulationReport, seed: UInt64, campaign: CampaignIdentity, wallNanoseconds: Int64
  ) {
    self.init(
      seed: seed, campaign: campaign, verdict: report.verdict, reason: report.reason,
      place: report.place)
    virtualNanoseconds = report.virtualNanoseconds
    limitPerMille = report.measurement?.ratioPerMille
    chunks = report.chunksAccepted
    diffs = report.diffsAccepted
    rebranches = report.rebranches
    rebranchesWhileIncomplete = report.rebranchesWhileIncomplete
    logDigest = report.logDigest?.hex ?? ""
    marks = report.coverage + report.marks.list
    self.wallNanoseconds = wallNanoseconds
  }

  /// The result of a run of another kind than a sync.
  /// - Parameters:
  ///   - invariant: what kind of thing was wrong; nil if nothing was.
  ///   - reason: one sentence on that, or on why the run proves nothing; empty if it passed.
  ///   - marks: what happened, by the names of `RunMarks.Kind.mark`, and how often.
  public init(
    seed: UInt64, campaign: CampaignIdentity, verdict: Event.RunVerdict, invariant: String?,
    reason: String, virtualNanoseconds: Int64, digest: Hash256,
    marks: [(name: String, count: Int)], wallNanoseconds: Int64
  ) {
    self.init(seed: seed, campaign: campaign, verdict: verdict, reason: reason, place: nil)
    if let invariant { failure = FailureClass(invariant: invariant, place: failure.place) }
    self.virtualNanoseconds = virtualNanoseconds
    logDigest = digest.hex
    self.marks = marks.map { .init(name: $0.name, count: UInt64($0.count)) }
    self.wallNanoseconds = wallNanoseconds
  }

  /// The result of a run that ended in the middle.
  public init(
    crashed reason: String, seed: UInt64, campaign: CampaignIdentity, wallNanoseconds: Int64
  ) {
    self.init(seed: seed, campaign: campaign, verdict: .crash, reason: reason, place: nil)
    self.wallNanoseconds = wallNanoseconds
  }

  private init(
    seed: UInt64, campaign: CampaignIdentity, verdict: Event.RunVerdict, reason: String,
    place: String?
  ) {
    self.seed = seed
    self.campaign = campaign
    self.verdict = verdict
    self.reason = Self.bounded(reason)
    let failure = FailureClass(verdict, reason: reason, place: place)
    self.failure =
      verdict == .pass
      ? FailureClass(invariant: "", place: "")
      : FailureClass(invariant: failure.invariant, place: Self.bounded(failure.place))
    virtualNanoseconds = 0
    chunks = 0
    diffs = 0
    rebranches = 0
    rebranchesWhileIncomplete = 0
    logDigest = ""
    marks = []
    wallNanoseconds = 0
  }

  private static func bounded(_ text: String) -> String {
    guard text.utf8.count > CampaignLimits.textBytesMax else { return text }
    return String(decoding: text.utf8.prefix(CampaignLimits.textBytesMax), as: UTF8.self)
  }

  /// The first field in which `other`, a result of the same seed, differs; wall time may.
  func difference(from other: SeedResult) -> CampaignError? {
    for (own, found) in zip(facts, other.facts) where own != found {
      return .contradiction(seed: seed, own.0, own.1, found.1)
    }
    return nil
  }
}

extension SeedResult {
  /// What follows from the seed, as names and JSON values.
  fileprivate var facts: [(String, String)] {
    let counts = marks.map { "\(JSONText.quoted($0.name)):\($0.count)" }
    return [("seed", "\(seed)")]
      + campaign.fields.map { ($0.0, JSONText.quoted($0.1)) } + [
        ("verdict", "\"\(verdict.rawValue)\""),
        ("invariant", JSONText.quoted(failure.invariant)),
        ("place", JSONText.quoted(failure.place)), ("reason", JSONText.quoted(reason)),
        ("virtual_ns", "\(virtualNanoseconds)"),
        ("limit_per_mille", limitPerMille.map { "\($0)" } ?? "null"),
        ("chunks_accepted", "\(chunks)"), ("diffs_accepted", "\(diffs)"),
        ("rebranches", "\(rebranches)"),
        ("rebranches_while_incomplete", "\(rebranchesWhileIncomplete)"),
        ("log_sha256", JSONText.quoted(logDigest)),
        ("marks", "{\(counts.joined(separator: ","))}"),
      ]
  }

  /// The result as one line without its end.
  public var line: String {
    let fields = facts + [("wall_ns", "\(wallNanoseconds)")]
    return "{" + fields.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
  }

  /// The result of a line without its end.
  public init(line: [UInt8]) throws(CampaignError) {
    let document: JSONDocument
    do throws(JSONError) { document = try JSONDocument(parsing: line) } catch {
      throw .badLine("this is no JSON object: \(error.reason)")
    }
    let fields = try ResultFields(document)
    let word = try fields.text("verdict")
    guard let verdict = Event.RunVerdict(rawValue: word) else {
      throw .badLine("verdict is '\(word)', which is none")
    }
    self.init(
      seed: try fields.number("seed"),
      campaign: CampaignIdentity(
        profile: try fields.text("profile"), options: try fields.text("options"),
        program: RunIdentity(
          commit: try fields.text("commit"), toolchain: try fields.text("toolchain"),
          mode: try fields.text("mode"))),
      verdict: verdict, reason: try fields.text("reason"), place: try fields.text("place"))
    failure = FailureClass(
      invariant: try fields.text("invariant"), place: try fields.text("place"))
    virtualNanoseconds = try fields.number("virtual_ns")
    limitPerMille = try fields.numberIfAny("limit_per_mille")
    chunks = try fields.number("chunks_accepted")
    diffs = try fields.number("diffs_accepted")
    rebranches = try fields.number("rebranches")
    rebranchesWhileIncomplete = try fields.number("rebranches_while_incomplete")
    logDigest = try fields.text("log_sha256")
    marks = try fields.counts("marks")
    wallNanoseconds = try fields.number("wall_ns")
  }
}

/// The members of a result's object, by name.
private struct ResultFields {
  private let values: [String: JSONDocument]

  init(_ document: JSONDocument) throws(CampaignError) {
    guard case .object(let members) = document.content else {
      throw .badLine("a result is one JSON object")
    }
    values = Dictionary(
      members.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  private func value(_ key: String) throws(CampaignError) -> JSONDocument {
    guard let value = values[key] else { throw .badLine("a result has no '\(key)'") }
    return value
  }

  func text(_ key: String) throws(CampaignError) -> String {
    guard let text = try value(key).text else { throw .badLine("'\(key)' is no text") }
    return text
  }

  func number<Value: FixedWidthInteger>(_ key: String) throws(CampaignError) -> Value {
    guard let number: Value = try value(key).whole(), number >= 0 else {
      throw .badLine("'\(key)' is no whole number from 0 to \(Value.max)")
    }
    return number
  }

  func numberIfAny(_ key: String) throws(CampaignError) -> Int? {
    if case .null = try value(key).content { return nil }
    return try number(key) as Int
  }

  func counts(_ key: String) throws(CampaignError) -> [SimulationReport.EventCount] {
    guard case .object(let members) = try value(key).content else {
      throw .badLine("'\(key)' is no object")
    }
    var counts: [SimulationReport.EventCount] = []
    for member in members {
      guard let count: UInt64 = member.value.whole() else {
        throw .badLine("'\(key)' has '\(member.key)', which is no whole number")
      }
      counts.append(.init(name: member.key, count: count))
    }
    return counts
  }
}
