import Foundation
import Runtime
import Testing

@Suite struct SystemEntropyTests {
  @Test func bytes_shouldDiffer_atEveryCall() {
    let draws = (0..<100).map { _ in SystemEntropy.bytes(32) }
    #expect(Set(draws).count == 100 && draws.allSatisfy { $0.count == 32 })
    #expect(SystemEntropy.bytes(0) == [])
    let long = SystemEntropy.bytes(SystemEntropy.bytesMax)
    #expect(long.count == 256 && Set(long).count > 64)
  }

  @Test func wallClock_shouldShowTheTimeOfDay_andTheRuntimesInASimulation() {
    let now = UInt64(Date().timeIntervalSince1970 * 1_000)
    #expect((now - 60_000...now + 60_000).contains(WallClock.system.milliseconds))
    let runtime = SimulatedRuntime(seed: 1)
    let clock = WallClock(startingAt: 5_000, runtime)
    #expect(clock.milliseconds == 5_000)
    let outcome = runtime.run(virtualTimeMax: .seconds(10)) {
      try? await runtime.sleep(for: .milliseconds(1_234))
      #expect(clock.milliseconds == 6_234)
    }
    #expect(outcome == .done)
  }
}
