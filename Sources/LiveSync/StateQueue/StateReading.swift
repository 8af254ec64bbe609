import Networking

/// What a queue says of the state it gathers, read at one moment.
struct StateReading: Sendable {
  /// Chunks that wait for their blocks.
  var buffered = 0
  /// Chunk requests on their way.
  var inFlight = 0
  /// Chunks that are with the chain.
  var handedOn = 0
  /// Peers that lately said they do not have what is asked for.
  var lacking = 0
  /// What came and what became of it.
  var account = ChunkAccount()
  /// Verified diffs.
  var diffs = DiffTraffic()
  /// How often the state was found to have a wrong root, and given up.
  var wrongRoots = 0
}
