import Runtime

/// The named limits of a node that runs as a process. Units are part of the name.
public enum DaemonLimits {
  /// Largest configuration file, in bytes.
  public static let configurationBytesMax = 1 << 20
  /// Bytes of a node's name.
  public static let nameBytesMax = 64
  /// Peers that a configuration names.
  public static let peersMax = 256
  /// Addresses that a node listens at.
  public static let listenMax = 16

  /// Bytes of one file of the event log, unless the configuration says otherwise.
  public static let eventLogBytes = 64 << 20
  /// Files of the event log with the newest, unless the configuration says otherwise.
  public static let eventLogFiles = 4
  /// Bytes of the event log, and of the log for people, that wait to be written; what comes then is
  /// lost and counted.
  public static let logBufferBytesMax = 8 << 20
  /// Time until a new part of the event log is tried after one could not be written.
  public static let logRetryPause: Duration = .seconds(30)
  /// Pause between two writes of what waits.
  public static let logPause: Duration = .milliseconds(200)

  /// Pause between two writes of what the network remembers.
  public static let memoryPause: Duration = .seconds(60)
  /// Time that a node has to end after it was asked to; what is not closed then is left.
  public static let stopTimeout: Duration = .seconds(2)
  /// Pause between two status lines on a terminal.
  public static let statusPause: Duration = .milliseconds(500)
}
