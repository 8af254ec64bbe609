extension BlockQueue: LiveSyncQueue {
  public nonisolated func next() async -> SyncOutput? {
    await outputs.next().map { .blocks($0) }
  }

  public func pushed(_ report: PushReport) {
    pushed(report.block, report.verdict)
  }

  /// A block queue asks for no chunks.
  public func applied(_ report: ChunkReport) {}

  public var bufferedBlockCount: Int { bufferedCount }
  public var isStateComplete: Bool { true }
}
