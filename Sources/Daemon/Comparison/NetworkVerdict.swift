import EventLog
import Ledger
import Primitives
import StateTrie

/// What came of a network of processes: what the oracle has, and what is in the store of each node.
public struct NetworkVerdict: Sendable {
  public struct Oracle: Sendable {
    public var head: UInt32
    public var transactions: Int
    /// The root of the accounts after that block; nil if the oracle missed a block.
    public var root: Hash256?

    public init(head: UInt32, transactions: Int, root: Hash256?) {
      self.head = head
      self.transactions = transactions
      self.root = root
    }
  }

  public struct Node: Sendable {
    let name: String
    let head: UInt32
    let isComplete: Bool
    /// The state root in the header of its head.
    let stated: Hash256
    /// The root of what is in its store, built anew.
    let computed: Hash256?

    /// What is in the store of a chain.
    public init(name: String, chain: Blockchain) {
      self.name = name
      head = chain.headNumber
      isComplete = chain.stateComplete
      stated = chain.head.header.stateRoot
      computed = NetworkVerdict.root(of: chain)
    }
  }

  public enum Outcome: Sendable {
    /// All nodes have the oracle's state.
    case pass
    /// A node has another state than its head states, or than the oracle.
    case wrongState
    /// A node is not where it should be.
    case notThere

    /// The exit code of the program.
    public var code: Int32 {
      switch self {
      case .pass: 0
      case .wrongState: 10
      case .notThere: 11
      }
    }
  }

  /// Whether the fresh node completed and followed in time.
  private let isComplete: Bool
  /// Seconds from its start to a complete state; nil if it did not get there.
  private let seconds: Double?
  private let oracle: Oracle
  public var nodes: [Node] = []
  /// How the fresh node joined from a snapshot; nil if it was to join by chunks alone.
  public var joining: SnapshotJoining?

  public init(isComplete: Bool, seconds: Double?, oracle: Oracle) {
    self.isComplete = isComplete
    self.seconds = seconds
    self.oracle = oracle
  }

  /// The root of a chain's state, by putting every item of its store into a new trie.
  private static func root(of chain: Blockchain) -> Hash256? {
    let trie = StateTrie()
    for item in chain.items() {
      guard (try? trie.put(item.key, item.value)) != nil else { return nil }
    }
    return trie.rootHash()
  }

  private func isRight(_ node: Node) -> Bool {
    node.isComplete && node.head == oracle.head && node.computed == oracle.root
      && node.stated == oracle.root
  }

  public var outcome: Outcome {
    if nodes.contains(where: { $0.isComplete && $0.computed != $0.stated }) { return .wrongState }
    if let root = oracle.root,
      nodes.contains(where: { $0.head == oracle.head && $0.stated != root })
    {
      return .wrongState
    }
    let hasJoined = joining?.isRight ?? true
    return isComplete && hasJoined && nodes.allSatisfy(isRight) ? .pass : .notThere
  }

  public var text: String {
    var lines = [
      "the oracle executed \(oracle.head) blocks and \(oracle.transactions) transactions: "
        + "state root \(oracle.root?.hex ?? "unknown")"
    ]
    lines += nodes.map { node in
      let root = node.computed?.hex ?? "unknown"
      let word =
        isRight(node) ? "same state" : "DIFFERENT: complete \(node.isComplete), root \(root)"
      return "\(node.name): block \(node.head), \(word)"
    }
    if let seconds { lines.append("the fresh node had all of its state after \(seconds) s") }
    lines += joining?.lines ?? []
    lines.append(
      outcome == .pass
        ? "PASS: all \(nodes.count) nodes have the oracle's state"
        : "FAIL (exit \(outcome.code))")
    return lines.joined(separator: "\n")
  }

  public var json: String {
    let list = nodes.map { node in
      "{\"name\":\(JSONText.quoted(node.name)),\"head\":\(node.head),"
        + "\"complete\":\(node.isComplete),"
        + "\"state_root\":\(node.computed.map { "\"\($0.hex)\"" } ?? "null"),"
        + "\"same\":\(isRight(node))}"
    }
    return "{\"pass\":\(outcome == .pass),\"exit\":\(outcome.code),"
      + "\"seconds\":\(seconds.map { "\($0)" } ?? "null"),"
      + "\"snapshot\":\(joining?.json ?? "null"),"
      + "\"oracle\":{\"head\":\(oracle.head),\"transactions\":\(oracle.transactions),"
      + "\"state_root\":\(oracle.root.map { "\"\($0.hex)\"" } ?? "null")},"
      + "\"nodes\":[\(list.joined(separator: ","))]}"
  }
}
