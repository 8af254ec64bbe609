import Networking

extension ChunkQuery {
  /// The query as it is sent.
  var message: RequestChunk {
    RequestChunk(
      startKey: start, endKey: end, limit: limit, edges: edges, bytesMax: itemsBytesMax)
  }

  /// Most bytes of the answer.
  var answerBytesMax: Int { message.answerBytesMax ?? 0 }
}

extension SourcedChunk {
  /// The answer of `peer` to `query`; nil if the peer does not have the range.
  init?(_ response: ChunkResponse, to query: ChunkQuery, from peer: PeerID) {
    guard case .chunk(let number, let hash, let chunk) = response else { return nil }
    self.init(
      start: query.start, chunk: chunk, number: number, hash: hash, peer: peer,
      isBounded: query.edges == .both, bytes: chunk.wireBytes.count, request: query.id)
  }
}

extension ChunkFailure {
  /// What a request error means for the planner.
  init(_ error: RequestError) {
    switch error {
    case .timeout: self = .late
    case .tooManyPending, .cancelled: self = .local
    default: self = error.reason == "too_large" ? .tooLarge : .unavailable
    }
  }
}
