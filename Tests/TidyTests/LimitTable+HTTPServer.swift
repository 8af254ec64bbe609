extension LimitTable {
  static let httpServerLimits: [String: Proof] = [
    "HTTPServerLimits.connectionsMax":
      .driven(by: "connections_shouldBeSoManyAtMost_inAllAndOfOneAddress"),
    "HTTPServerLimits.connectionsPerAddressMax":
      .driven(by: "connections_shouldBeSoManyAtMost_inAllAndOfOneAddress"),
    "HTTPServerLimits.refusedConnectionsMax":
      .driven(by: "flood_shouldBeRefused_andLeaveTheServerWorking"),
    "HTTPServerLimits.backlogMax": .driven(by: "flood_shouldBeRefused_andLeaveTheServerWorking"),
    "HTTPServerLimits.idleTimeMax":
      .estimate("the default of a setting that idleConnection_shouldBeClosed_inTime drives"),
    "HTTPServerLimits.requestTimeMax":
      .driven(by: "connection_shouldBeOverdue_whenARequestOrAnAnswerTakesTooLong_once"),
    "HTTPServerLimits.answerTimeMax":
      .driven(by: "connection_shouldBeOverdue_whenARequestOrAnAnswerTakesTooLong_once"),
    "HTTPServerLimits.handlerTimeMax":
      .estimate("the default of a setting that handler_shouldBeGivenUp_whenItTakesTooLong drives"),
    "HTTPServerLimits.lookInterval":
      .estimate("how late an overdue connection is closed at most"),
    "HTTPServerLimits.connectionBytesMax": .driven(by: "longHead_shouldBeRefused"),
    "HTTPServerLimits.pathBytesMax": .driven(by: "longHead_shouldBeRefused"),
    "HTTPServerLimits.pathSegmentsMax":
      .driven(by: "arguments_shouldBeSoManyAtMost_andPartsToo"),
    "HTTPServerLimits.argumentsMax": .driven(by: "arguments_shouldBeSoManyAtMost_andPartsToo"),
    "HTTPServerLimits.bodyBytesMax":
      .driven(by: "body_shouldBeGivenToTheHandler_upToItsLimit"),
    "HTTPServerLimits.eventClientsMax": .driven(by: "clients_shouldBeSoManyAtMost"),
    "HTTPServerLimits.eventBufferBytesMax":
      .driven(by: "buffer_shouldStayBelowItsBytes_andTellWhatIsLost"),
    "HTTPServerLimits.heartbeatInterval":
      .estimate("the default of a setting that silentStream_shouldBeKeptAlive drives"),
  ]
}
