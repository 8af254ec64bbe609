import EventLog
import Primitives

/// Why a campaign or its results cannot be used. A struct over a private enum, so that cases can be
/// added.
public struct CampaignError: Error, Equatable, Sendable, CustomStringConvertible {
  private enum Kind: Equatable {
    case badSeeds(String)
    case badShard(String)
    case badLine(String)
    case longLine
    case otherCampaign(field: String, found: String, expected: String)
    case contradiction(seed: UInt64, field: String, first: String, second: String)
  }
  private let kind: Kind
  /// Number of the line at fault, from 1; nil if it is no matter of a file.
  public private(set) var line: Int?

  private init(_ kind: Kind) { self.kind = kind }

  /// The same in line `line` of a file.
  func at(line: Int) -> CampaignError {
    var error = self
    error.line = error.line ?? line
    return error
  }

  /// The text names no seeds, or too many.
  static func badSeeds(_ text: String) -> CampaignError { .init(.badSeeds(text)) }
  /// The text names no share.
  static func badShard(_ text: String) -> CampaignError { .init(.badShard(text)) }
  /// A line is no result.
  static func badLine(_ reason: String) -> CampaignError { .init(.badLine(reason)) }
  /// A line has no end within the limit.
  static var longLine: CampaignError { .init(.longLine) }
  /// Results of another campaign.
  static func otherCampaign(_ field: String, _ found: String, not expected: String) -> CampaignError
  { .init(.otherCampaign(field: field, found: found, expected: expected)) }
  /// Two results of one seed differ.
  static func contradiction(
    seed: UInt64, _ field: String, _ first: String, _ second: String
  ) -> CampaignError {
    .init(.contradiction(seed: seed, field: field, first: first, second: second))
  }

  /// True if one seed has given two different results.
  public var isContradiction: Bool {
    if case .contradiction = kind { true } else { false }
  }

  public var description: String {
    let text =
      switch kind {
      case .badSeeds(let text):
        "'\(text)' names no seeds: A..<B or A...B do, such as 0..<200, at most "
          + "\(CampaignLimits.seedsMax) of them"
      case .badShard(let text):
        "'\(text)' is no share: I/N is one, such as 0/4 for the first of four, N at most "
          + "\(CampaignLimits.shardsMax)"
      case .badLine(let reason): reason
      case .longLine: "it is longer than \(CampaignLimits.lineBytesMax) bytes"
      case .otherCampaign(let field, let found, let expected):
        "it belongs to another campaign: \(field) is '\(found)', not '\(expected)'"
      case .contradiction(let seed, let field, let first, let second):
        "seed \(seed) has another result elsewhere: \(field) is \(second), not \(first)"
      }
    return PrintableText.line(line.map { "line \($0): \(text)" } ?? text)
  }
}
