import Primitives

/// Characters that were typed one after another.
public struct TextInsertion: Sendable, Hashable {
  /// The dot of the first character; the others have the next counters.
  public var first: Dot
  /// Characters (Unicode scalars).
  public var length: Int
  /// The counter of the last character that the replica typed before these, 0 if there is none: a
  /// gap is noticed.
  public var previous: UInt64
  /// What stood to the left of the first character; nil: nothing.
  public var left: Dot?
  /// What stood to the right, deleted or not; nil: nothing.
  public var right: Dot?
  /// UTF-8 of the characters; nil if they are deleted.
  public var text: [UInt8]?

  var last: UInt64 { first.counter + UInt64(length) - 1 }
}

/// Changes of a text: to be merged by whoever has what they stand on.
public struct TextDelta: WireCodable, Hashable {
  public var insertions: [TextInsertion] = []
  public var deletions: [DotRange] = []

  public init(insertions: [TextInsertion] = [], deletions: [DotRange] = []) {
    self.insertions = insertions
    self.deletions = deletions
  }

  public var isEmpty: Bool { insertions.isEmpty && deletions.isEmpty }
}
