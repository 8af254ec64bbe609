import Networking
import Primitives

/// What a queue says of the state it gathers, read at one moment.
package struct StateReading: Sendable {
  /// Chunks that wait for their blocks.
  package var buffered = 0
  /// Chunk requests on their way.
  package var inFlight = 0
  /// Chunks that are with the chain.
  package var forwarded = 0
  /// Peers that lately said they do not have what is asked for.
  package var lacking = 0
  /// What came and what became of it.
  package var account = ChunkAccount()
  /// Verified diffs.
  package var diffs = DiffTraffic()
  /// How often the state was found to have a wrong root, and given up.
  package var wrongRoots = 0
  /// What can be had besides chunks of the peers' heads.
  package var offer: RangeOffer?

  /// What is read where there is no state to gather.
  package static let none = StateReading()
}

/// States that were whole and had another root than their head's.
struct WrongStates: Sendable {
  private(set) var count = 0
  /// The head of the last one.
  private var head: Hash256?
  private var isTwice = false

  /// One more was found, and given up.
  mutating func note(under head: Hash256) {
    count += 1
    isTwice = self.head == head
    self.head = head
  }

  /// True if the state was wrong twice under this head: then it is rather the head that lies, and
  /// nothing is worth fetching until there is another.
  func doubt(_ head: Hash256) -> Bool { isTwice && self.head == head }
}
