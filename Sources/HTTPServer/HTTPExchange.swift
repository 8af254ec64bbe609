import Locking
import Runtime

/// A request whose handler is to answer, from its head to the end of the answer.
final class HTTPExchange: Sendable {
  private struct State {
    var body: [UInt8] = []
    var suspension: Suspension
    var task: SpawnedTask?
    var answer: HTTPResponse?
    var hasStarted = false
    var client: EventClient?
  }

  /// What the connection does next.
  enum Step: Sendable {
    /// The handler is to be started, and `finish` to be called with its answer.
    case handle(HTTPRequest, HTTPRoute.Handler)
    /// This is to be sent.
    case answer(HTTPResponse)
    /// Nothing: the answer is to come.
    case wait
    /// The server stops.
    case over
  }

  private let match: HTTPRouter.Match
  private let state: Lock<State>
  let connection: Connection

  init(_ connection: Connection, _ match: HTTPRouter.Match) {
    self.match = match
    self.connection = connection
    state = Lock(State(suspension: Suspension(connection)))
  }

  /// Takes a part of the body.
  func append(_ bytes: UnsafeRawBufferPointer) {
    state.withLock { state in
      // The library keeps to the length that was announced and checked; nothing is left to it.
      guard state.body.count + bytes.count <= match.bodyBytes else { return }
      state.body.append(contentsOf: bytes)
    }
  }

  /// The whole request is here, or the connection was woken. Sends the connection to sleep if the
  /// answer is to come.
  func proceed() -> Step {
    state.withLock { state in
      if let answer = state.answer { return .answer(answer) }
      guard state.suspension.sleep() else { return .over }
      if state.hasStarted { return .wait }
      state.hasStarted = true
      let head = match.request
      let request = HTTPRequest(
        method: head.method, path: head.path, arguments: head.arguments, body: state.body,
        parameter: head.parameter)
      state.body = []
      return .handle(request, match.handler)
    }
  }

  /// The task that makes the answer.
  func keep(_ task: SpawnedTask) {
    let isOver = state.withLock { state in
      state.task = task
      return state.suspension.isOver
    }
    if isOver { task.cancel() }
  }

  /// The answer is here.
  func finish(_ answer: HTTPResponse) {
    state.withLock { state in
      state.answer = answer
      state.suspension.wake()
    }
  }

  /// The answer is a stream to this client.
  func stream(to client: EventClient) {
    let isOver = state.withLock { state in
      state.client = client
      return state.suspension.isOver
    }
    if isOver { client.end() }
  }

  /// True for HEAD.
  var isHead: Bool { match.request.method == .head }

  func beat() { state.withLock { $0.client }?.beat() }

  /// Ends whatever goes on: the client has gone, or the server stops.
  func end() {
    let (task, client) = state.withLock { state in
      state.suspension.end()
      return (state.task, state.client)
    }
    task?.cancel()
    client?.end()
  }
}
