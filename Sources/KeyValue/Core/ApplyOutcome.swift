/// What became of a write that came from elsewhere.
public enum ApplyOutcome: Sendable, Hashable {
  /// It is held now.
  case stored
  /// What is held now is made of it and of what was held: news for whoever sent it, too.
  case merged
  /// What is held is as new.
  case known
  /// It is at or below the floor and nothing is held of its key: it was deleted long ago, and the
  /// deletion is not kept.
  case dead

  /// Whether what is held has changed.
  public var isNews: Bool { self == .stored || self == .merged }
}
