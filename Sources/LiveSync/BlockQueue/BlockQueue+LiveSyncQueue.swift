extension BlockQueue: LiveSyncQueue {
  public nonisolated func next() async -> SyncOutput? {
    switch await outputs.next() {
    case .batch(let batch):
      .blocks(
        StateBatch(
          kind: batch.kind,
          blocks: batch.blocks.map { StateBlock(sourced: $0, diff: nil, chunks: []) }))
    case .behind(let peer): .behind(peer)
    case .ahead(let peer): .ahead(peer)
    case nil: nil
    }
  }

  public func pushed(_ report: PushReport) {
    pushed(report.block.sourced, report.verdict)
  }

  /// A block queue asks for no chunks.
  public func applied(_ report: ChunkReport) {}

  public var bufferedBlockCount: Int { bufferedCount }
  public var isStateComplete: Bool { true }
}
