extension LimitTable {
  static let binaryDifferenceLimits: [String: Proof] = [
    "BinaryDifferenceLimits.targetBytesMax": .driven(
      by: "target_shouldBeBounded_byTheLargestValue"),
    "BinaryDifferenceLimits.baseBytesMax": .driven(by: "base_shouldBeBounded_byTheLargestValue"),
    "BinaryDifferenceLimits.operationsMax": .driven(
      by: "operations_shouldBeBounded_andTheValueSentWholeBeyond"),
    "BinaryDifferenceLimits.windowBytesMin": .driven(
      by: "engine_shouldFindCommonParts_atTheSmallestAndTheLargestWindow"),
    "BinaryDifferenceLimits.windowBytesMax": .driven(
      by: "engine_shouldFindCommonParts_atTheSmallestAndTheLargestWindow"),
    "BinaryDifferenceLimits.blockBytesMin": .driven(
      by: "signature_shouldBeRefused_whenItsBlocksAreTooSmallOrTooLarge"),
    "BinaryDifferenceLimits.blockBytesMax": .driven(
      by: "signature_shouldBeRefused_whenItsBlocksAreTooSmallOrTooLarge"),
    "BinaryDifferenceLimits.signatureBlocksMax": .driven(
      by: "signature_shouldBeRefused_whenItListsMoreThanAnyBaseHas"),
    "BinaryDifferenceLimits.weakCollisionsMax": .driven(
      by: "block_shouldBeFound_onlyAmongTheFirstWithItsWeakHash"),
    "BinaryDifferenceLimits.vainStrongBytesFactor": .driven(
      by: "search_shouldGiveUp_whenItHashesInVain"),
    "BinaryDifferenceLimits.vcdiffWindowBytes": .driven(
      by: "vcdiff_shouldBeWritten_inWindowsOfBoundedSize"),
    "BinaryDifferenceLimits.vcdiffDigitsMax": .driven(
      by: "integers_shouldBeRefused_whenTheyHaveMoreDigitsThanFit"),
  ]
}
