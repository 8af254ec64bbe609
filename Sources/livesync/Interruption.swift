import Foundation
import Locking

/// Lets a long command say what it found so far when SIGINT, SIGTERM or SIGHUP interrupts it. A
/// signal that the program was started to ignore stays ignored; a second one ends it at once.
struct Interruption {
  private static let signals = [SIGINT, SIGTERM, SIGHUP]

  /// Decides which comes first, the interruption or the end.
  private final class Gate: Sendable {
    /// True once the command goes on to its end by itself.
    let isOver = Lock(false)
  }

  private let gate = Gate()
  private let sources: [any DispatchSourceSignal]

  /// - Parameter body: is called at most once, with the signal's number; the program ends with what
  ///   it returns.
  init(_ body: @escaping @Sendable (Int32) -> Int32) {
    let queue = DispatchQueue(label: "interruption")
    let taken = Self.signals.filter { number in
      let before = unsafeBitCast(signal(number, SIG_IGN), to: Int.self)
      return before != unsafeBitCast(SIG_IGN, to: Int.self)
    }
    sources = taken.map { DispatchSource.makeSignalSource(signal: $0, queue: queue) }
    for (source, number) in zip(sources, taken) {
      source.setEventHandler { [gate] in
        for number in taken { signal(number, SIG_DFL) }
        // Held to the end, so that nothing else is printed.
        gate.isOver.withLock { isOver in
          if !isOver { _exit(body(number)) }
        }
      }
      source.resume()
    }
  }

  /// Says that the command goes on to its end by itself.
  func end() {
    gate.isOver.withLock { $0 = true }
    for source in sources {
      source.cancel()
      signal(Int32(source.handle), SIG_DFL)
    }
  }
}
