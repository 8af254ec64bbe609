import EventLog
import Networking
import Peers
import Testing

@Suite struct RequestOutcomeTests {
  /// What a network can say of a request, word for word what the log says of it.
  @Test func outcome_shouldBeTheReasonOfTheError_forEveryErrorOfANetwork() {
    let errors: [RequestError] = [
      .timeout, .disconnected, .refused, .tooManyPending, .cancelled,
      .tooLarge(bytes: 2, limit: 1),
    ]
    var outcomes: Set<Event.RequestOutcome> = [.answered]
    for error in errors {
      let outcome = Event.RequestOutcome(error)
      #expect(outcome.rawValue == error.reason)
      outcomes.insert(outcome)
    }
    #expect(outcomes == Set(Event.RequestOutcome.allCases))
  }
}
