extension LimitTable {
  static let respLimits: [String: Proof] = [
    "RESPLimits.argumentsMax": .driven(by: "arguments_shouldBeLimited"),
    "RESPLimits.bulkBytesMax": .driven(
      by: "argumentsBytes_shouldBeLimited_andNothingBeAllocatedForThem"),
    "RESPLimits.requestBytesMax": .driven(by: "bytesOfARequest_shouldBeLimited"),
    "RESPLimits.lineBytesMax": .driven(by: "lines_shouldBeLimited"),
    "RESPLimits.strangerArgumentsMax": .driven(by: "strangers_shouldBeLimited"),
    "RESPLimits.strangerBytesMax": .driven(by: "strangers_shouldBeLimited"),
    "RESPLimits.replyDepthMax": .driven(by: "repliesWithinOneAnother_shouldBeLimited"),
    "RESPLimits.replyElementsMax": .driven(
      by: "elementsOfAReply_shouldBeLimited_andNothingBeAllocatedForThem"),
    "RESPLimits.keptArguments": .estimate("memory that is kept for the next request"),
  ]
}
