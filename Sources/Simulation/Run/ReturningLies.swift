import Primitives
import StateReconciliation
import StateTrie

/// Answers to nodes that come back, made wrong; nil where nothing is to be made wrong.
enum ReturningLies {
  /// Another hash of a child, or another value.
  static func wrongSubtree(_ payload: [UInt8]) -> [UInt8]? {
    guard case .parts(var parts)? = try? SubtreesResponse(wireBytes: payload), !parts.isEmpty
    else { return nil }
    let index = parts.count / 2
    switch parts[index] {
    case .items(var items):
      items[items.count / 2].value.append(0)
      parts[index] = .items(items)
    case .node(var node):
      guard let slot = node.children.firstIndex(where: { $0 != nil }) else { return nil }
      let hash = node.hash
      node.children[slot]?.hash = hash
      parts[index] = .node(node)
    }
    return SubtreesResponse.parts(parts).wireBytes
  }

  /// One symbol says another sum.
  static func wrongSymbols(_ payload: [UInt8]) -> [UInt8]? {
    guard case .symbols(var symbols)? = try? SymbolsResponse(wireBytes: payload),
      !symbols.symbols.isEmpty
    else { return nil }
    symbols.symbols[0].sum.word ^= 1
    return SymbolsResponse.symbols(symbols).wireBytes
  }

  /// One account has another value.
  static func wrongAccount(_ payload: [UInt8]) -> [UInt8]? {
    guard case .parts(var parts)? = try? AccountsResponse(wireBytes: payload) else { return nil }
    for index in parts.indices {
      guard case .value(let value) = parts[index] else { continue }
      parts[index] = .value(value + [0])
      return AccountsResponse.parts(parts).wireBytes
    }
    return nil
  }
}

extension Scenario {
  /// The ways that the node may take which comes back.
  var returnWays: Set<ReturnWay> {
    switch returnWay {
    case 1: [.sketch]
    case 2: [.descent]
    case 3: [.chunks]
    default: Set(ReturnWay.allCases)
    }
  }
}
