/// Which types of replies a client reads.
@frozen
public enum RESPVersion: Int, Sendable, Hashable {
  case two = 2
  case three = 3
}
