extension LimitTable {
  static let daemonLimits: [String: Proof] = [
    "DaemonLimits.configurationBytesMax":
      .driven(by: "configuration_shouldBeRead_upToItsLimit"),
    "DaemonLimits.nameBytesMax": .driven(by: "name_shouldBeShort_andOfPlainBytes"),
    "DaemonLimits.peersMax": .driven(by: "lists_shouldHaveSoManyEntriesAtMost"),
    "DaemonLimits.listenMax": .driven(by: "lists_shouldHaveSoManyEntriesAtMost"),
    "DaemonLimits.eventLogBytes":
      .estimate("the default of a setting that parts_shouldBeLogsByThemselves drives"),
    "DaemonLimits.eventLogFiles":
      .estimate("the default of a setting that files_shouldShift_andTheOldestGo drives"),
    "DaemonLimits.logBufferBytesMax":
      .driven(by: "records_shouldBeLostAndCounted_whenTheBufferIsFull"),
    "DaemonLimits.logRetryPause":
      .driven(by: "log_shouldGoOnInANewPart_afterAFileCouldNotBeWritten"),
    "DaemonLimits.logPause": .estimate("how late a record is in its file"),
    "DaemonLimits.memoryPause": .estimate("how much a killed node forgets of the network"),
    "DaemonLimits.stopTimeout": .driven(by: "node_shouldStop_inTime"),
    "DaemonLimits.statusPause": .estimate("how often a line on a terminal is drawn anew"),
  ]
}
