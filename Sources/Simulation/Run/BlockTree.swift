import Ledger
import Primitives

/// The blocks that were made last as lines for people: one for each, with its parent, and who
/// stands where.
struct BlockTree {
  let lines: [String]

  init(_ world: SimulatedWorld) {
    let source = world.producer.source
    let node = world.joiner?.chain
    let lowest = world.observer.lastAncestor ?? 0
    let blocks = world.producer.newest.enumerated().sorted {
      ($0.element.number, $0.offset) < ($1.element.number, $1.offset)
    }.map(\.element)
    let shown = blocks.filter { $0.number >= lowest }
    lines = (shown.count < 3 ? blocks : shown).map { block in
      var marks: [String] = []
      let isMain = source.block(at: block.number, includeBody: false)?.hash == block.hash
      marks.append(isMain ? "main chain" : "branch")
      if source.headHash == block.hash { marks.append("its head") }
      if source.macroNumber == block.number, isMain { marks.append("final") }
      if let node {
        if node.headHash == block.hash {
          marks.append("the node's head")
        } else if node.isKnown(block.hash) {
          marks.append("known to the node")
        }
      }
      return "#\(block.number) \(block.hash.short) on \(block.parent.short)  "
        + marks.joined(separator: ", ")
    }
  }
}
