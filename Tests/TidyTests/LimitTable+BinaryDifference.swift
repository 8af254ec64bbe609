extension LimitTable {
  static let binaryDifferenceLimits: [String: Proof] = [
    "BinaryDifferenceLimits.targetBytesMax": .driven(
      by: "target_shouldBeBounded_byTheLargestValue")
  ]
}
