import EventLog
import Ledger
import Primitives
import StateTrie

/// What came of a network of processes.
struct DevnetVerdict {
  struct Node {
    let name: String
    let head: UInt32
    let isComplete: Bool
    /// The state root in the header of its head.
    let stated: Hash256
    /// The root of what is in its store, built anew.
    let computed: Hash256?
  }

  /// Whether the fresh node completed and followed in time.
  let isComplete: Bool
  /// Seconds from its start to a complete state; nil if it did not get there.
  let seconds: Double?
  let oracle: DevnetOracle.Outcome
  var nodes: [Node] = []

  /// The root of a chain's state, by putting every item of its store into a new trie.
  static func root(of chain: Blockchain) -> Hash256? {
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

  var code: ExitCode {
    if nodes.contains(where: { $0.isComplete && $0.computed != $0.stated }) { return .safety }
    if nodes.contains(where: { $0.head == oracle.head && $0.stated != oracle.root }) {
      return .safety
    }
    return isComplete && nodes.allSatisfy(isRight) ? .pass : .liveness
  }

  var text: String {
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
    lines.append(
      code == .pass
        ? "PASS: all \(nodes.count) nodes have the oracle's state" : "FAIL (exit \(code.rawValue))")
    return lines.joined(separator: "\n")
  }

  var json: String {
    let list = nodes.map { node in
      "{\"name\":\(JSONText.quoted(node.name)),\"head\":\(node.head),"
        + "\"complete\":\(node.isComplete),"
        + "\"state_root\":\(node.computed.map { "\"\($0.hex)\"" } ?? "null"),"
        + "\"same\":\(isRight(node))}"
    }
    return "{\"pass\":\(code == .pass),\"exit\":\(code.rawValue),"
      + "\"seconds\":\(seconds.map { "\($0)" } ?? "null"),"
      + "\"oracle\":{\"head\":\(oracle.head),\"transactions\":\(oracle.transactions),"
      + "\"state_root\":\(oracle.root.map { "\"\($0.hex)\"" } ?? "null")},"
      + "\"nodes\":[\(list.joined(separator: ","))]}"
  }
}
