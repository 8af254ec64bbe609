import Primitives
import Storage

/// The side of a comparison by trees that answers. It keeps nothing between two requests; one that
/// names another root than that of its records is refused, and the comparison begins anew.
public struct MerkleResponder: ComparisonResponder {
  private let source: any MerkleSource

  public init(_ source: any MerkleSource) {
    self.source = source
  }

  public func answer(_ request: [UInt8]) throws(ReconciliationError) -> [UInt8] {
    let read = try reading("a request for nodes") { () throws(WireError) in
      try MerkleRequest(wireBytes: request)
    }
    return try source.reading { view throws(ReconciliationError) in
      var encoder = WireEncoder()
      try Self.answer(read, from: view, to: &encoder)
      return encoder.bytes
    }
  }

  private static func answer(
    _ request: MerkleRequest, from view: MerkleView, to encoder: inout WireEncoder
  ) throws(ReconciliationError) {
    switch request {
    case .root:
      try held { () throws(StorageError) in
        let children = try sums(of: .root, view)
        encoder.append(RootAnswer(root: try view.node(at: .root), children: children))
      }
    case .descend(let root, let paths, let hints):
      try check(root, paths, view, isAboveOthers: true)
      try held { () throws(StorageError) in
        for (path, hint) in zip(paths, hints) {
          if let hint {
            let found = try view.entry(under: path, startingWith: hint)
            encoder.append(found != nil)
            if let found {
              encoder.append(fixed: found.id.low)
              continue
            }
          }
          encoder.append(children: try sums(of: path, view))
        }
      }
    case .list(let root, let paths, let isWhole):
      try check(root, paths, view)
      for entries in try lists(paths, view) {
        for entry in entries {
          if isWhole { encoder.append(entry.id) } else { encoder.append(short: entry.id) }
        }
      }
    case .page(let root, let path, let from):
      try check(root, [path], view)
      let most = ReconciliationLimits.listedRecordsMax
      let entries = try held { () throws(StorageError) in
        try view.entries(under: path, from: from, limit: most + 1)
      }
      encoder.append(entries.prefix(most).map(\.id))
      encoder.append(optional: entries.count > most ? entries[most].position : nil)
    case .fetch(let root, let paths, let places):
      try check(root, paths, view)
      for (entries, places) in zip(try lists(paths, view), places) {
        for place in places {
          guard place < entries.count else {
            throw .malformed("place \(place) of a list of \(entries.count)")
          }
          encoder.append(rest: entries[place].id)
        }
      }
    case .expand(let root, let paths):
      try held { () throws(StorageError) in try view.hash(of: .root) }
        .checkIsAsked(root, "the records")
      try encode(contentsOf: paths, view, to: &encoder)
    }
  }

  private static func encode(
    contentsOf paths: [TreePath], _ view: MerkleView, to encoder: inout WireEncoder
  ) throws(ReconciliationError) {
    guard paths[0].depth <= view.depthMax else {
      throw .malformed("depth \(paths[0].depth) of a tree of depth \(view.depthMax)")
    }
    var rest = ReconciliationLimits.listedRecordsMax
    for path in paths {
      let content = try held { () throws(StorageError) in try view.content(of: path) }
      if !content.isInner { rest -= content.count }
      guard rest >= 0 else {
        throw .limitReached("leaves of more than \(ReconciliationLimits.listedRecordsMax) records")
      }
      encoder.append(content)
    }
  }

  /// Refuses a request about other records, or below the greatest depth.
  private static func check(
    _ root: UInt64, _ paths: [TreePath], _ view: MerkleView, isAboveOthers: Bool = false
  ) throws(ReconciliationError) {
    let own = try held { () throws(StorageError) in try view.rough(.root).sum.high }
    guard own == root else { throw .unavailable("the records are not those of the root any more") }
    let depth = paths[0].depth
    guard depth < view.depthMax || (depth == view.depthMax && !isAboveOthers) else {
      throw .malformed("depth \(depth) of a tree of depth \(view.depthMax)")
    }
  }

  private static func sums(
    of path: TreePath, _ view: MerkleView
  ) throws(StorageError) -> [NodeSum] {
    try view.roughChildren(of: path).enumerated().filter { $0.element.count > 0 }.map {
      NodeSum(path: path.child($0.offset), count: $0.element.count, sum: $0.element.sum.high)
    }
  }

  /// The entries below nodes, which are few in all.
  private static func lists(
    _ paths: [TreePath], _ view: MerkleView
  ) throws(ReconciliationError) -> [[RecordEntry]] {
    var rest = ReconciliationLimits.listedRecordsMax
    var lists: [[RecordEntry]] = []
    for path in paths {
      let entries = try held { () throws(StorageError) in
        try view.entries(under: path, limit: rest + 1)
      }
      guard entries.count <= rest else {
        throw .limitReached("lists of more than \(ReconciliationLimits.listedRecordsMax) records")
      }
      rest -= entries.count
      lists.append(entries)
    }
    return lists
  }
}

extension WireEncoder {
  /// The first four bytes of an id.
  fileprivate mutating func append(short id: RecordID) {
    withUnsafeBytes(of: UInt32(truncatingIfNeeded: id.high >> 32).bigEndian) { append(raw: $0) }
  }

  /// The last twelve bytes of an id.
  fileprivate mutating func append(rest id: RecordID) {
    withUnsafeBytes(of: UInt32(truncatingIfNeeded: id.high).bigEndian) { append(raw: $0) }
    append(fixed: id.low)
  }
}

extension Hash256 {
  /// Refuses a request about another tree.
  fileprivate func checkIsAsked(_ asked: Hash256, _ what: String) throws(ReconciliationError) {
    guard isEqualInConstantTime(to: asked) else {
      throw .unavailable("\(what) are not those of the root \(asked.short) any more")
    }
  }
}

extension MerkleSource {
  /// Runs `body` on a view of the newest state.
  func reading<Output>(
    _ body: (MerkleView) throws(ReconciliationError) -> Output
  ) throws(ReconciliationError) -> Output {
    let result = try held { () throws(StorageError) in
      try withTree { view throws(StorageError) -> Result<Output, ReconciliationError> in
        do throws(ReconciliationError) {
          return .success(try body(view))
        } catch {
          return .failure(error)
        }
      }
    }
    return try result.get()
  }
}
