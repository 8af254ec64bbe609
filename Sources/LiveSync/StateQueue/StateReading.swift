/// What a queue says of the state it gathers, read at one moment.
struct StateReading: Sendable {
  /// Chunks that wait for their blocks.
  var bufferedChunks = 0
  /// Chunk requests on their way.
  var inFlight = 0
  /// True if nothing is on its way since the last chunk waits for its block.
  var isPaused = false
  /// What is planned, what came, and what is known of the peers; nil with one chunk at a time.
  var planner: RangePlanner?
}
