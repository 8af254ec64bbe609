import Primitives
import Runtime
import StateTrie

/// A way to bring an old state to the present.
public enum ReturnWay: String, Sendable, Hashable, CaseIterable {
  /// Follow the blocks.
  case blocks
  /// Coded symbols name the accounts that differ.
  case sketch
  /// Down the trie, where hashes differ.
  case descent
  /// Jump, and fetch all in chunks.
  case chunks
}

/// What is known when a way is chosen.
public struct ReturnFacts: Sendable, Hashable {
  /// Accounts of our state.
  public var items: Int
  /// Bytes of an account, key and value, on the wire.
  public var bytesPerItem: Double
  /// Accounts that are stale and accounts that are needed, together.
  public var differences: Double
  /// Coded symbols that can be had; 0 if none.
  public var symbols: Int
  /// Bytes a second from all peers together.
  public var bytesPerSecond: Double
  /// Time from a request to its answer.
  public var roundTrip: Duration

  public init(
    items: Int, bytesPerItem: Double, differences: Double, symbols: Int, bytesPerSecond: Double,
    roundTrip: Duration
  ) {
    self.items = items
    self.bytesPerItem = bytesPerItem
    self.differences = differences
    self.symbols = symbols
    self.bytesPerSecond = bytesPerSecond
    self.roundTrip = roundTrip
  }
}

/// What each way is expected to take.
public struct ReturnCost: Sendable, Hashable {
  /// Expected bytes and time.
  public struct Price: Sendable, Hashable {
    public var bytes: Double
    public var seconds: Double
  }

  /// By way; those that are not there are impossible.
  public private(set) var prices: [ReturnWay: Price] = [:]

  /// - Parameter blocks: what following the blocks takes; nil if that is impossible.
  public init(_ facts: ReturnFacts, blocks: Duration?) {
    let rate = max(1, facts.bytesPerSecond)
    let trip = Double(max(0, facts.roundTrip.wholeNanoseconds)) / 1e9
    func price(_ bytes: Double, rounds: Double) -> Price {
      Price(bytes: bytes, seconds: bytes / rate + rounds * trip)
    }
    let items = Double(max(1, facts.items))
    prices[.chunks] = price(items * facts.bytesPerItem, rounds: 2)
    let (descent, levels) = Self.descent(facts)
    prices[.descent] = price(
      descent + max(0, descent - Self.descentRoom) * (Self.rangeFactor - 1), rounds: levels)
    let symbols = SketchCore.symbols(for: facts.differences)
    if symbols * Self.spare <= Double(facts.symbols) {
      let accounts = facts.differences / 2 * (Self.queryBytes + facts.bytesPerItem - Self.keyBytes)
      prices[.sketch] = price(symbols * Self.spare * Self.symbolBytes + accounts, rounds: 4)
    }
    if let blocks {
      let seconds = Double(blocks.wholeNanoseconds) / 1e9
      prices[.blocks] = Price(bytes: seconds * rate, seconds: seconds)
    }
  }

  /// The ways from the fastest on.
  public var order: [ReturnWay] {
    ReturnWay.allCases.filter { prices[$0] != nil }.sorted { a, b in
      guard let first = prices[a]?.seconds, let second = prices[b]?.seconds else { return false }
      return first < second
    }
  }

  /// Bytes of a coded symbol, mostly.
  private static let symbolBytes = 13.1
  /// Bytes of a question for one account.
  private static let queryBytes = 4.0
  /// Bytes of an account's key, which most answers leave out.
  private static let keyBytes = 20.0
  private static let spare = 1 + Double(StateReconciliationLimits.symbolsSparePercent) / 100
  /// Bytes that a descent fetches before its memory is full: measured, it holds four for each.
  private static let descentRoom = Double(StateReconciliationLimits.outlineBytesMax) / 4
  /// How many times as many bytes what is left then takes: a chunk with its proofs for each subtree
  /// of some 24 accounts, and a turn of the planner.
  private static let rangeFactor = 6.0
  /// Bytes of a node for each of its children, when it lies high in the trie.
  private static let childBytes = 36.0

  /// Bytes and levels of a descent. With scattered changes, a node with `n` accounts below it
  /// differs with probability 1 - (1 - share)^n.
  private static func descent(_ facts: ReturnFacts) -> (bytes: Double, levels: Double) {
    let children = Double(StateTrieLimits.childrenMax)
    let items = Double(max(1, facts.items))
    let share = min(1, facts.differences / 2 / items)
    func differing(_ nodes: Double) -> Double {
      share >= 1 ? nodes : nodes * (1 - UnitPower.of(1 - share, items / nodes))
    }
    var (bytes, levels, nodes) = (0.0, 1.0, 1.0)
    while items / nodes > Double(StateReconciliationLimits.itemsWanted) {
      bytes += differing(nodes) * children * childBytes
      nodes *= children
      levels += 1
    }
    return (bytes + differing(nodes) * items / nodes * (facts.bytesPerItem + 1), levels)
  }
}
