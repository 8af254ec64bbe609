import Foundation

/// Lets signals end a command in order. A second one of the same kind ends it at once.
struct EndSignals {
  private let sources: [any DispatchSourceSignal]

  /// - Parameters:
  ///   - stop: is called at SIGINT and SIGTERM.
  ///   - reopen: is called at SIGHUP, if it is given.
  init(stop: @escaping @Sendable () -> Void, reopen: (@Sendable () -> Void)? = nil) {
    let queue = DispatchQueue(label: "signals")
    let numbers = reopen == nil ? [SIGINT, SIGTERM] : [SIGINT, SIGTERM, SIGHUP]
    sources = numbers.map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        if number == SIGHUP { return reopen?() ?? () }
        signal(number, SIG_DFL)
        stop()
      }
      source.resume()
      return source
    }
  }

  func end() {
    for source in sources { source.cancel() }
  }
}
