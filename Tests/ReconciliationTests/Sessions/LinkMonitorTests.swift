import Reconciliation
import Runtime
import Testing

@Suite struct LinkMonitorTests {
  private func moment(_ milliseconds: Int64) -> Moment {
    Moment(nanoseconds: milliseconds * 1_000_000)
  }

  @Test func figures_shouldBeTheBestOfLate_whateverElseCame() {
    var link = LinkMonitor()
    #expect(link.roundTrip == nil && link.bytesPerSecond == nil)
    link.answered(bytes: 100, after: .milliseconds(20), at: moment(20))
    #expect(link.roundTrip == .milliseconds(20) && link.bytesPerSecond == nil)
    // A megabyte in a second beside the way.
    link.answered(bytes: 1_000_000, after: .milliseconds(1_020), at: moment(1_100))
    #expect(abs((link.bytesPerSecond ?? 0) - 1e6) < 1)
    // One that was late, and a small one, spoil nothing.
    link.answered(bytes: 500_000, after: .seconds(9), at: moment(2_000))
    link.answered(bytes: 10, after: .milliseconds(300), at: moment(2_100))
    #expect(link.roundTrip == .milliseconds(20))
    #expect(abs((link.bytesPerSecond ?? 0) - 1e6) < 1)
    // After the window the line may be another.
    let later = moment(2_100).advanced(by: ReconciliationLimits.linkWindow * 2)
    link.answered(bytes: 100_000, after: .milliseconds(140), at: later)
    link.answered(bytes: 10, after: .milliseconds(40), at: later.advanced(by: .milliseconds(1)))
    #expect(link.roundTrip == .milliseconds(40))
  }

  @Test func patience_shouldFollowWhatWasMeasured_andDoubleWhenLate() {
    var link = LinkMonitor()
    #expect(link.patience(bytes: 0) == ReconciliationLimits.patienceFirst)
    link = LinkMonitor(bytesPerSecond: 1e6, roundTrip: .milliseconds(50))
    #expect(link.patience(bytes: 1_000_000) == .milliseconds(2_100))
    #expect(link.patience(bytes: 0) == ReconciliationLimits.patienceMin)
    func wait() {
      let patience = link.patience(bytes: 1_000_000)
      link.timedOut(after: patience, patience: patience)
    }
    wait()
    #expect(link.patience(bytes: 1_000_000) == .milliseconds(4_200))
    for _ in 0..<20 { wait() }
    #expect(link.patience(bytes: 1_000_000) == ReconciliationLimits.patienceMax)
    link.answered(bytes: 10, after: .milliseconds(50), at: moment(50))
    #expect(link.patience(bytes: 1_000_000) == .milliseconds(2_100))
  }

  /// Not doubled by each: a line that was cut for a moment would be left alone for minutes.
  @Test func answersThatWereLateTogether_shouldCountAsOne_andThoseGivenUpEarlyForNothing() {
    var link = LinkMonitor(bytesPerSecond: 1e6, roundTrip: .milliseconds(500))
    for _ in 0..<8 { link.timedOut(after: .seconds(1), patience: .seconds(1)) }
    #expect(link.patience(bytes: 0) == .seconds(2))
    link = LinkMonitor(bytesPerSecond: 1e6, roundTrip: .milliseconds(500))
    for _ in 0..<8 { link.timedOut(after: .milliseconds(3), patience: .seconds(1)) }
    #expect(link.patience(bytes: 0) == .seconds(1))
    // The process stood still for a day.
    link.timedOut(after: .seconds(86_400), patience: .seconds(1))
    #expect(link.patience(bytes: 0) == .seconds(2))
  }
}
