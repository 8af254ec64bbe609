/// A text that replicas edit apart: a sequence of characters that are deleted in place.
///
/// What two replicas type at one place is not mixed: each stretch stays together. Positions and
/// lengths are in Unicode scalars. The order of concurrent insertions follows the rule of Yjs as
/// repaired by Gentle (`reference-crdts`) and proved equal to FugueMax (Weidner and Kleppmann,
/// arXiv 2305.00583).
public struct RGAText: ReplicatedType {
  /// What a user asks for.
  public enum Operation: Sendable, Hashable {
    /// Puts a text before the character at `at`; the length of the text: behind the last one.
    case insert(String, at: Int)
    /// Takes characters out.
    case delete(Range<Int>)
  }

  var tree = TextTree()
  /// The replicas in the order in which they came; characters name them by their place here.
  private(set) var agents: [ReplicaID] = []
  private var places: [ReplicaID: UInt32] = [:]

  public init() {}

  /// The text.
  public var value: String { String(decoding: tree.text, as: UTF8.self) }
  /// The text as UTF-8.
  public var utf8: [UInt8] { tree.text }
  /// Characters that are not deleted.
  public var count: Int { tree.visible }
  /// Characters that there ever were.
  public var everCount: Int { tree.count }
  /// Bytes that it takes in memory beside the text.
  public var storageBytes: Int { tree.storageBytes + agents.capacity * 32 }

  /// Runs of characters, and groups of them, that were looked at to find where insertions belong.
  package var searchSteps: Int { tree.searchSteps }
  /// How often merges asked whether what an insertion stands on is here.
  package var baseChecks: Int { tree.baseChecks }

  /// The last counter of each replica that wrote characters.
  public var version: VersionVector {
    var version = VersionVector()
    for (place, replica) in agents.enumerated() {
      version.raise(replica, to: UInt64(tree.last(of: UInt32(place))))
    }
    return version
  }

  public func nextDot(of replica: ReplicaID) -> Dot { Dot(replica, last(of: replica) + 1) }

  /// The counter of the last character that a replica typed, 0 if there is none.
  func last(of replica: ReplicaID) -> UInt64 {
    places[replica].map { UInt64(tree.last(of: $0)) } ?? 0
  }

  /// Whether a character is here, deleted or not.
  func contains(_ dot: Dot) -> Bool { id(of: dot).map { tree.contains($0) } ?? false }

  func id(of dot: Dot) -> TextID? {
    guard let place = places[dot.replica], let counter = UInt32(exactly: dot.counter) else {
      return nil
    }
    return TextID(agent: place, counter: counter)
  }

  func dot(of id: TextID) -> Dot? {
    id.isNone ? nil : Dot(agents[Int(id.agent)], UInt64(id.counter))
  }

  /// The place of a replica, which is added if it is not there.
  mutating func place(of replica: ReplicaID) -> UInt32 {
    if let place = places[replica] { return place }
    let place = UInt32(agents.count)
    agents.append(replica)
    places[replica] = place
    return place
  }

  /// Refuses characters from `dot` on for which there is no room.
  func checkRoom(for length: Int, from dot: Dot) throws(CRDTError) {
    guard length <= CRDTLimits.textCharactersMax - tree.count else {
      throw .tooLarge("characters", limit: CRDTLimits.textCharactersMax)
    }
    // `TextID` has 32 bits; the largest value stands for none.
    guard dot.counter <= UInt64(UInt32.max) - UInt64(length) - 1 else {
      throw .counterExhausted(dot.replica)
    }
    guard places[dot.replica] != nil || agents.count < CRDTLimits.replicasMax else {
      throw .tooLarge("replicas", limit: CRDTLimits.replicasMax)
    }
  }

  /// Whether there is room for the two runs that one change can add.
  var hasRoomForRuns: Bool { tree.spanCount + 2 <= CRDTLimits.textRunsMax }

  static var tooManyRuns: CRDTError {
    .tooLarge("runs of characters", limit: CRDTLimits.textRunsMax)
  }

  // MARK: Editing

  public mutating func apply(
    _ operation: Operation, at stamp: Stamp
  ) throws(CRDTError) -> TextDelta {
    switch operation {
    case .insert(let text, let position): try insert(text, at: position, as: stamp.dot)
    case .delete(let range): try delete(range)
    }
  }

  /// Puts a text before the character at `position`. The characters get the dots from `dot` on.
  public mutating func insert(
    _ text: String, at position: Int, as dot: Dot
  ) throws(CRDTError) -> TextDelta {
    guard (0...tree.visible).contains(position) else {
      throw .outside(position: position, length: tree.visible)
    }
    guard !text.isEmpty else { return TextDelta() }
    let bytes = Array(text.utf8)
    let length = text.unicodeScalars.count
    let previous = last(of: dot.replica)
    guard dot.counter > previous else { throw .reusedDot(dot) }
    try checkRoom(for: length, from: dot)
    guard hasRoomForRuns else { throw Self.tooManyRuns }
    let id = TextID(agent: place(of: dot.replica), counter: UInt32(dot.counter))
    let cursor = tree.find(position: position)
    let left = position == 0 ? TextID.none : tree.span(at: cursor).id(at: cursor.offset - 1)
    let right = tree.idBehind(cursor)
    tree.insert(
      TextSpan(id: id, length: length, isDeleted: false, left: left, right: right), at: cursor,
      text: bytes)
    let insertion = TextInsertion(
      first: dot, length: length, previous: previous, left: self.dot(of: left),
      right: self.dot(of: right), text: bytes)
    return TextDelta(insertions: [insertion])
  }

  /// Takes the characters of `range` out.
  public mutating func delete(_ range: Range<Int>) throws(CRDTError) -> TextDelta {
    guard range.lowerBound >= 0, range.upperBound <= tree.visible else {
      throw .outside(position: range.upperBound, length: tree.visible)
    }
    // Only the ends of the range cut runs.
    guard range.isEmpty || hasRoomForRuns else { throw Self.tooManyRuns }
    var ranges: [DotRange] = []
    var left = range.count
    while left > 0 {
      var cursor = tree.find(position: range.lowerBound + 1)
      cursor.offset -= 1
      let id = tree.span(at: cursor).id(at: cursor.offset)
      let taken = tree.delete(at: cursor, length: left).count
      let first = UInt64(id.counter)
      ranges.append(DotRange(agents[Int(id.agent)], first...first + UInt64(taken - 1)))
      left -= taken
    }
    return TextDelta(deletions: ranges)
  }
}

extension RGAText {
  /// The characters in their order, deleted ones among them.
  package var dots: [Dot] {
    tree.spans.flatMap { span in
      (0..<span.length).compactMap { dot(of: span.id(at: $0)) }
    }
  }
}
