extension LimitTable {
  static let conflictLimits: [String: Proof] = [
    "DeltaLimits.pieceBytesMax": .driven(by: "pieces_shouldBeRefused_whenTheyAreTooLong"),
    "DeltaLimits.piecesMax": .estimate(
      "the default of a setting: pieces_shouldBeRefused_whenThereWouldBeTooMany"),
    "DeltaLimits.deltaPiecesMax": .driven(
      by: "changes_shouldBeRefused_whenThereWouldBeTooManyPieces"),
    "DeltaLimits.waitingPiecesMax": .driven(by: "waitingPieces_shouldBeLetGo_whenTheyAreTooMany"),
  ]
}
