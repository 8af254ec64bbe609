import Primitives

/// The replicated types, and what else begins with a byte that says what it is.
public enum ReplicatedKind: UInt8, Sendable, Hashable, CaseIterable {
  case counter = 1
  case lastWriter = 2
  case multiValue = 3
  case addWinsSet = 4
  case removeWinsSet = 5
  case enableWinsFlag = 6
  case disableWinsFlag = 7
  case map = 8
  case growOnlyCounter = 9
  case growOnlySet = 10
  case text = 11
  case textDelta = 12
  case deltaInterval = 13
  /// A part of a value of another kind: events that are known and gone.
  case removedEvents = 14
}

extension WireDecoder {
  /// Refuses what is not of the kind that is read.
  mutating func kind(_ kind: ReplicatedKind) throws(WireError) {
    let start = offset
    let raw = try byte()
    guard raw == kind.rawValue else { throw .invalidCase(UInt64(raw), of: "\(kind)", at: start) }
  }
}
