import LiveSync
import Monitoring
import Primitives
import Testing
import monitoring_sample

/// When a node can be relied on.
@Suite struct ReadinessTests {
  private func reason(_ change: (inout NodeStatus) -> Void) -> String? {
    var status = SampleNode.following
    change(&status)
    if case .unready(let reason) = Readiness(status) { return reason }
    return nil
  }

  @Test func node_shouldBeReady_onlyWithItsStateAndAtTheHead() {
    let most = MonitoringLimits.readyLagBlocksMax
    #expect(reason { _ in } == nil)
    #expect(reason { $0.networkHead = $0.head.number + most } == nil)
    #expect(reason { $0.networkHead = $0.head.number - 5 } == nil)
    #expect(
      reason { $0.networkHead = $0.head.number + most + 1 }
        == "at block 184231, \(most + 1) blocks behind the network")
    #expect(reason { $0.state.isComplete = false }?.contains("state is not complete") == true)
    #expect(reason { $0.peerCount = 0 } == "no peer is connected")
    #expect(reason { $0.networkHead = nil } == "no peer has named a block yet")
    #expect(reason { $0.storeFailure = "full" } == "the store failed: full")
  }

  @Test func producer_shouldBeReady_alone() {
    #expect(
      reason {
        $0.identity.isProducer = true
        $0.peerCount = 0
        $0.networkHead = nil
      } == nil)
  }

  @Test func networkHead_shouldBeWhatHalfHaveReached_whateverAFewSay() {
    func head(_ heights: [UInt32]) -> UInt32? {
      NodeSource<StateQueue>.networkHead(heights)
    }
    #expect(head([]) == nil)
    #expect(head([7]) == 7)
    #expect(head([7, 9]) == 9)
    #expect(head([7, 9, .max]) == 9)
    #expect(head([7, 8, 9, .max]) == 9)
    #expect(head([7, 8, 9, .max, .max]) == 9)
  }
}
