extension LimitTable {
  static let daemonLimits: [String: Proof] = [
    "DaemonLimits.configurationBytesMax": .undriven,
    "DaemonLimits.peersMax": .undriven,
    "DaemonLimits.listenMax": .undriven,
    "DaemonLimits.eventLogBytes": .estimate("default of a setting"),
    "DaemonLimits.eventLogFiles": .estimate("default of a setting"),
    "DaemonLimits.logBufferBytesMax": .undriven,
    "DaemonLimits.logRetryPause": .estimate("how often a log that failed is tried again"),
    "DaemonLimits.nameBytesMax": .undriven,
    "DaemonLimits.logPause": .estimate("how often what waits is written"),
    "DaemonLimits.memoryPause": .estimate("how old what is remembered may be after a crash"),
    "DaemonLimits.stopTimeout": .estimate("a node that needs longer is killed and starts as well"),
    "DaemonLimits.statusPause": .estimate("how often a line is drawn"),
  ]
}
