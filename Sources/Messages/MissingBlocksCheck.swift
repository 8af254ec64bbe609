import Primitives

/// Why an answer is not what was asked for.
public struct AnswerError: Error, Hashable, Sendable, CustomStringConvertible {
  private enum Kind: String {
    case empty = "answer_empty"
    case tooMany = "answer_too_long"
    case bodyMismatch = "answer_body_mismatch"
    case notChained = "answer_not_chained"
    case wrongStart = "answer_wrong_start"
    case wrongEnd = "answer_wrong_end"
    case pastMacro = "answer_past_macro"
    case wrongBlock = "answer_wrong_block"
    case quorumMissing = "answer_quorum_missing"
    case diffRootMismatch = "diff_root_mismatch"
  }
  private let kind: Kind

  /// There are no blocks in it.
  public static let empty = AnswerError(kind: .empty)
  /// There are more blocks in it than an answer may have.
  public static let tooMany = AnswerError(kind: .tooMany)
  /// A body is missing although wanted, there although unwanted, or not the header's.
  public static let bodyMismatch = AnswerError(kind: .bodyMismatch)
  /// Numbers or parents do not chain up.
  public static let notChained = AnswerError(kind: .notChained)
  /// It neither starts after a locator nor ends in the target.
  public static let wrongStart = AnswerError(kind: .wrongStart)
  /// It reaches the height that we take for the target's and does not end in the target. The height
  /// was told by whoever announced the target's child, so this may be the announcer's lie.
  public static let wrongEnd = AnswerError(kind: .wrongEnd)
  /// It goes on after a macro block.
  public static let pastMacro = AnswerError(kind: .pastMacro)
  /// It is another block than the one asked for.
  public static let wrongBlock = AnswerError(kind: .wrongBlock)
  /// A skip, macro or election block is not signed by a quorum of its epoch's validators.
  public static let quorumMissing = AnswerError(kind: .quorumMissing)
  /// The diff is not the one the header commits to.
  public static let diffRootMismatch = AnswerError(kind: .diffRootMismatch)

  /// True if an honest peer never gives such an answer.
  public var isOffence: Bool { kind != .wrongEnd }
  /// A stable name for the event log.
  public var reason: String { kind.rawValue }
  public var description: String { reason }
}

/// Checks answers to missing-blocks requests before they are used.
public enum MissingBlocksCheck {
  /// Numbers and parents chain up, the answer starts after a locator or ends in the target, no
  /// block follows a macro block, and bodies are there as asked. So all its blocks are of one
  /// epoch.
  public static func verify<Block: SyncBlock>(
    _ blocks: [Block], answer query: MissingBlocksQuery
  ) throws(AnswerError) {
    guard let first = blocks.first, let last = blocks.last else { throw .empty }
    guard blocks.count <= MessageLimits.blocksPerAnswerMax else { throw .tooMany }
    for (block, next) in zip(blocks, blocks.dropFirst()) {
      guard next.parentHash == block.hash, next.number == block.number &+ 1 else {
        throw .notChained
      }
    }
    guard blocks.allSatisfy({ $0.hasBody == query.includeBody }) else { throw .bodyMismatch }
    guard !blocks.dropLast().contains(where: \.isMacro) else { throw .pastMacro }
    if last.hash == query.target { return }
    guard query.direction == .forward, query.locators.contains(first.parentHash) else {
      throw .wrongStart
    }
    guard last.number < query.targetNumber else { throw .wrongEnd }
  }
}
