extension LimitTable {
  static let simulatedLinksLimits: [String: Proof] = [
    "SimulatedLinksLimits.windowBytesMax":
      .driven(by: "sender_shouldBeAskedForNothing_whileAWindowIsOnItsWay"),
    "SimulatedLinksLimits.windowBytesMin": .driven(by: "window_shouldBeSmall_onASlowLine"),
    "SimulatedLinksLimits.segmentBytesMax": .driven(by: "window_shouldBeSmall_onASlowLine"),
    "SimulatedLinksLimits.segmentBytesMin":
      .driven(by: "links_shouldTakeTurns_onTheLineOut"),
    "SimulatedLinksLimits.segmentTime": .estimate("a fact of the simulated line"),
    "SimulatedLinksLimits.singleBytesFirst":
      .driven(by: "bytes_shouldArriveInOrder_inPiecesOfAllLengths"),
    "SimulatedLinksLimits.singlePerMillion": .estimate("a choice of the simulated line"),
    "SimulatedLinksLimits.singleBytesMax": .estimate("a choice of the simulated line"),
    "SimulatedLinksLimits.pieceDoublings": .estimate("a choice of the simulated line"),
    "SimulatedLinksLimits.resendPause": .estimate("a fact of the simulated line"),
    "SimulatedLinksLimits.resumePauseMax": .estimate("a fact of the simulated line"),
    "SimulatedLinksLimits.faultDoublings": .estimate("a choice of the simulated faults"),
    "SimulatedLinksLimits.dialPortFirst": .estimate("a fact of the simulated host"),
    "SimulatedLinksLimits.dialsMax": .driven(by: "dials_shouldBeSoManyAtMost"),
  ]
}
