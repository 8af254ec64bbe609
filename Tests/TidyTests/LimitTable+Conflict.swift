extension LimitTable {
  static let conflictLimits: [String: Proof] = [
    "DeltaLimits.pieceBytesMax": .driven(by: "pieces_shouldBeRefused_whenTheyAreTooLong"),
    "DeltaLimits.piecesMax": .estimate(
      "eight million pieces, as many as a session may find to differ; what it bounds is that"),
    "DeltaLimits.waitingPiecesMax": .driven(by: "waitingPieces_shouldBeLetGo_whenTheyAreTooMany"),
  ]
}
