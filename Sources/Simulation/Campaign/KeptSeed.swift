import EventLog
import Primitives

/// A seed that failed once: kept as a file, so that it is run again for ever.
public struct KeptSeed: Sendable, Hashable {
  /// The profile that draws its world.
  public let profile: String
  public let seed: UInt64
  /// Commit at which it was found.
  public let found: String
  /// What failed then.
  public let failure: FailureClass
  /// The reason that was given.
  public let reason: String
  /// Commit since which it passes; empty while it fails.
  public let mended: String

  public var isMended: Bool { !mended.isEmpty }

  /// The seed of a file; throws for what is no such file, by name and place.
  public init(json bytes: [UInt8]) throws(ScenarioError) {
    let document: JSONDocument
    do throws(JSONError) { document = try JSONDocument(parsing: bytes) } catch {
      throw .badFile("this is no JSON document: \(error.reason)").at(error.place)
    }
    guard case .object(let members) = document.content else {
      throw .badFile("a kept seed is one object").at(document.place)
    }
    let keys = ["profile", "seed", "found", "invariant", "place", "reason", "mended"]
    if let other = members.first(where: { !keys.contains($0.key) }) {
      throw .badFile("unknown key '\(other.key)'").at(other.place)
    }
    func value(_ key: String) throws(ScenarioError) -> JSONDocument {
      guard let member = members.first(where: { $0.key == key }) else {
        throw .badFile("\(key) is missing").at(document.place)
      }
      return member.value
    }
    func text(_ key: String) throws(ScenarioError) -> String {
      let value = try value(key)
      guard let text = value.text else { throw .badFile("\(key) is no text").at(value.place) }
      return text
    }
    let number = try value("seed")
    guard let seed: UInt64 = number.whole() else {
      throw .badFile("seed is no whole number").at(number.place)
    }
    self.seed = seed
    profile = try text("profile")
    found = try text("found")
    failure = FailureClass(invariant: try text("invariant"), place: try text("place"))
    reason = try text("reason")
    mended = try text("mended")
  }

  /// Runs the seed. Returns what is wrong with what is said of it; nil if it is true: a mended seed
  /// passes, or comes to what is no failure of a profile; one that is not mended fails as it did.
  public func check(_ program: RunIdentity) throws -> String? {
    let report = try Profile.named(profile).draw(seed).run().run(identity: program)
    let campaign = CampaignIdentity(profile: profile, options: "", program: program)
    let result = SeedResult(report, seed: seed, campaign: campaign, wallNanoseconds: 0)
    let fails = ![.pass, .vacuous, .unwinnable].contains(result.verdict)
    switch (isMended, fails) {
    case (true, true): return "it fails again: \(result.failure): \(result.reason)"
    case (true, false): return nil
    case (false, false): return "it fails no longer; say since which commit it is mended"
    case (false, true):
      return result.failure == failure ? nil : "it fails otherwise: \(result.failure)"
    }
  }
}
