import CRDT
import Runtime

/// A replica that holds one traced value, however it exchanges changes.
protocol TracedNode: ReplicaNode where Command == ModelOperation, Settings == CRDTSettings {
  associatedtype Inner: SimulatedType
  var place: ReplicaPlace { get }
  var value: Traced<Inner> { get }

  /// What this one takes `other` to have, and it has not; nil if there is no such thing.
  func overrates(_ other: Self) -> String?
}

extension TracedNode {
  /// What replicas without a log wrongly believe shows in their values alone.
  func overrates(_ other: Self) -> String? { nil }
}

/// Replicas of one replicated type, and the model that says what they must show.
struct CRDTSubject<Node: TracedNode>: ReplicaSubject {
  typealias Inner = Node.Inner

  /// What was asked of a replica, and what it knew then.
  private struct Asked: Sendable {
    let operation: ModelOperation
    let seen: EventSet
    let before: ModelShown
  }

  let settings: CRDTSettings
  private var asked: [Int: Asked] = [:]

  init(_ settings: CRDTSettings) { self.settings = settings }

  mutating func command(
    number: Int, for node: Node, _ random: inout RandomStream
  ) -> ModelOperation? {
    let shown = node.value.inner.shown
    let operation = ModelOperation.random(
      Inner.modelKind, number: number, shown: shown, &random)
    asked[number] = Asked(
      operation: operation, seen: node.value.trace.numbers,
      before: Inner.modelKind == .rgatext ? shown : .flag(false))
    return operation
  }

  func known(to node: Node) -> EventSet { node.value.trace.numbers }

  func failure(after number: Int, at node: Node) -> ReplicaFailure? {
    let trace = node.value.trace
    guard let stamp = trace.stamps[number], let asked = asked[number] else {
      return .init(.lostWrite, "command \(number) was done, but is not in the value")
    }
    if let earlier = asked.seen.numbers.first(where: {
      !(trace.stamps[$0]?.isBefore(stamp) ?? true)
    }) {
      return .init(
        .clockBackwards, "command \(number) has not a later time than \(earlier), which it knew")
    }
    return modelFailure(of: node)
  }

  func failure(at node: Node, among others: [Node]) -> ReplicaFailure? {
    others.lazy.compactMap(node.overrates).first.map { .init(.falseAcknowledgement, $0) }
  }

  func difference(_ nodes: [Node]) -> String? {
    guard let first = nodes.first else { return nil }
    for node in nodes.dropFirst() {
      let (known, others) = (known(to: first), known(to: node))
      if known != others {
        let only = known.subtracting(others).numbers + others.subtracting(known).numbers
        return "\(first.place.number) and \(node.place.number) differ in commands \(only)"
      }
      if node.value.inner != first.value.inner {
        return "\(first.place.number) and \(node.place.number) know the same, but have "
          + "\(first.value.inner.shown) and \(node.value.inner.shown)"
      }
    }
    return nil
  }

  func failure(of nodes: [Node], promised: EventSet) -> ReplicaFailure? {
    guard let node = nodes.first else { return nil }
    if let lost = promised.subtracting(known(to: node)).numbers.first {
      return .init(.lostWrite, "command \(lost) was done, and no replica has it")
    }
    var dots: [TraceDot: Int] = [:]
    for (number, stamp) in node.value.trace.stamps.sorted(by: { $0.key < $1.key }) {
      guard asked[number]?.operation.makesEvent(of: Inner.modelKind) ?? false else { continue }
      let dot = TraceDot(author: stamp.author, counter: stamp.counter)
      if let other = dots.updateValue(number, forKey: dot) {
        return .init(.reusedDot, "commands \(other) and \(number) have one dot")
      }
    }
    return modelFailure(of: node)
  }

  private struct TraceDot: Hashable {
    let author: UInt64
    let counter: UInt64
  }

  /// How what a replica shows differs from what the model says of all that it knows.
  private func modelFailure(of node: Node) -> ReplicaFailure? {
    let events = node.value.trace.stamps.sorted { $0.key < $1.key }
      .compactMap { number, stamp in
        asked[number].map {
          ModelEvent(
            number: number, operation: $0.operation, stamp: stamp, seen: $0.seen,
            before: $0.before)
        }
      }
    let shown = node.value.inner.shown
    if Inner.modelKind == .rgatext {
      return TextModel(events).fault(of: shown.text).map {
        .init(.wrongValue, "\(node.place.number) shows \(shown.text): \($0)")
      }
    }
    let expected =
      ReferenceModel.shown(Inner.modelKind, ModelHistory(events: events))
      ?? ReferenceModel.empty(Inner.modelKind)
    if shown == expected { return nil }
    return .init(
      .wrongValue, "\(node.place.number) shows \(shown), the model says \(expected)")
  }
}
