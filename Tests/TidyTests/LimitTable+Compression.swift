extension LimitTable {
  static let compressionLimits: [String: Proof] = [
    "CompressionLimits.pieceBytes": .driven(by: "stream_shouldGiveItsContent_inPiecesOfAnySize"),
    "CompressionLimits.prefixWindowLogMax": .driven(
      by: "frame_shouldNotBeMade_whenPrefixAndContentAreTooLarge"),
    "CompressionLimits.dictionaryBytesMax": .driven(
      by: "dictionary_shouldBeRefused_whenItIsTooLargeOrNone"),
    "CompressionLimits.sampleBytesMax": .driven(by: "samples_shouldBeTakenUpToTheirLimit"),
  ]
}
