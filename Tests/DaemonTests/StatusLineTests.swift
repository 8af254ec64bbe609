import Daemon
import Monitoring
import Primitives
import Runtime
import Testing

@Suite struct StatusLineTests {
  private static func status(_ seconds: Int64) -> NodeStatus {
    var status = NodeStatus(
      identity: NodeIdentityStatus(
        name: "n", key: KeyPair(seed: .zero).publicKey, version: "1", commit: "c", genesis: .zero),
      head: BlockStatus(number: 40, hash: .zero))
    status.at = Moment.start.advanced(by: .seconds(seconds))
    return status
  }

  @Test func line_shouldTellPhaseHeightStatePeersTrafficAndObstacle() {
    var line = StatusLine()
    var status = Self.status(1)
    #expect(line.text(of: status) == "connecting, block 40, state 0.0 %, 0 peers")
    status = Self.status(3)
    status.phase = .stateSync
    status.state.heldPpm = 123_400
    status.peerCount = 1
    status.networkHead = 45
    status.transport.bytesReceived = 3_100_000
    status.transport.bytesSent = 20_000
    status.blocker = "waits"
    #expect(
      line.text(of: status)
        == "state sync, block 40 (5 behind), state 12.3 %, 1 peer, in 1.55 MB/s, out 0.01 MB/s, "
        + "waits: waits")
    status.at = Moment.start.advanced(by: .seconds(4))
    status.phase = .storeFailed
    status.storeFailure = "full"
    status.state.isComplete = true
    #expect(
      line.text(of: status)
        == "store failed, block 40 (5 behind), state complete, 1 peer, in 0.00 MB/s, "
        + "out 0.00 MB/s, the store failed: full")
  }
}
