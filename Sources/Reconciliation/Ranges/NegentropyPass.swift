import Primitives

/// One side's work on one message: reads the other side's ranges, and writes what is to be said of
/// them. Algorithm: the negentropy protocol V1; where the protocol leaves a choice (sixteen parts,
/// lists below 32 ids, how a message ends that becomes too long) that of its published
/// implementations, byte by byte.
struct NegentropyPass<Storage: NegentropyStorage> {
  /// What a range with too many ids for a list is cut into.
  private static var parts: Int { 16 }
  /// Ids from which on a range is cut instead of listed.
  private static var idsToCut: Int { 32 }

  private let storage: Storage
  private let frame: NegentropyFrame
  private var writer = NegentropyWriter()
  /// Ids that only this side has, and that only the other side has, as the initiator learns them.
  private(set) var have: [Hash256] = []
  private(set) var need: [Hash256] = []

  init(_ storage: Storage, frame: NegentropyFrame) {
    self.storage = storage
    self.frame = frame
  }

  /// The message so far: the version alone if nothing is left to be said.
  var message: [UInt8] { writer.bytes }
  /// Whether there is something to be said.
  var hasRanges: Bool { writer.bytes.count > 1 }

  /// Begins a comparison.
  mutating func begin() {
    split(0..<storage.count, upTo: .infinity)
  }

  /// Works on a message. What is behind the range with which the own message is full is not read:
  /// the fingerprint of all the rest makes the other side say it again.
  ///
  /// - Parameter decoder: stands behind the version.
  mutating func run(
    on decoder: WireDecoder, isInitiator: Bool
  ) throws(WireError) {
    var reader = NegentropyReader(decoder)
    var (place, end) = (0, NegentropyBound.start)
    // Ranges with nothing to be said become one.
    var isSkipping = false
    while !reader.isAtEnd {
      let bound = try reader.bound()
      let mode = try reader.mode()
      var range = place..<storage.firstPlace(atOrBehind: bound, from: place)
      let length = writer.bytes.count
      switch mode {
      case .skip: isSkipping = true
      case .fingerprint:
        if try reader.fingerprint() == storage.fingerprint(of: range) {
          isSkipping = true
        } else {
          flush(&isSkipping, upTo: end)
          split(range, upTo: bound)
        }
      case .idList where isInitiator:
        compare(range, with: try reader.sortedIDs())
        isSkipping = true
      case .idList:
        try reader.skipIDs()
        flush(&isSkipping, upTo: end)
        range = list(range, upTo: bound, from: length)
      }
      if frame.isFull(writer.bytes.count) {
        // A list counts although it is too long; parts of a cut do not.
        if mode == .fingerprint { writer.truncate(to: length) }
        let rest = range.upperBound..<storage.count
        writer.append(storage.fingerprint(of: rest), upTo: .infinity)
        return
      }
      (place, end) = (range.upperBound, bound)
    }
  }

  private mutating func flush(_ isSkipping: inout Bool, upTo end: NegentropyBound) {
    if isSkipping { writer.append(skipTo: end) }
    isSkipping = false
  }

  /// Lists a small range, and cuts a large one into parts of about the same count.
  private mutating func split(_ range: Range<Int>, upTo bound: NegentropyBound) {
    guard range.count >= Self.idsToCut else {
      return writer.append(idsAt: range, of: storage, upTo: bound)
    }
    let (each, more) = range.count.quotientAndRemainder(dividingBy: Self.parts)
    var start = range.lowerBound
    for part in 0..<Self.parts {
      let end = start + each + (part < more ? 1 : 0)
      let isLast = end == range.upperBound
      writer.append(
        storage.fingerprint(of: start..<end),
        upTo: isLast
          ? bound : NegentropyBound(between: storage.item(at: end - 1), and: storage.item(at: end)))
      start = end
    }
  }

  /// Answers a list with the own ids of its range, as far as the message has room for them. Returns
  /// the part of the range that was listed.
  private mutating func list(
    _ range: Range<Int>, upTo bound: NegentropyBound, from length: Int
  ) -> Range<Int> {
    let count = min(range.count, frame.idsMax(after: length))
    let listed = range.prefix(count)
    writer.append(
      idsAt: listed, of: storage,
      upTo: listed.count == range.count
        ? bound : NegentropyBound(at: storage.item(at: listed.upperBound)))
    return listed
  }

  /// Takes the other side's ids of a range, in order and each once.
  private mutating func compare(_ range: Range<Int>, with theirs: [Hash256]) {
    var isShared = [Bool](repeating: false, count: theirs.count)
    storage.forEach(in: range) { item in
      if let index = theirs.index(of: item.id) {
        isShared[index] = true
      } else {
        have.append(item.id)
      }
    }
    for (id, shared) in zip(theirs, isShared) where !shared { need.append(id) }
  }
}

extension [Hash256] {
  /// Where an id is in a list in order, nil if it is not.
  fileprivate func index(of id: Hash256) -> Int? {
    var (low, high) = (0, count)
    while low < high {
      let middle = low + (high - low) / 2
      if self[middle] < id { low = middle + 1 } else { high = middle }
    }
    return low < count && self[low] == id ? low : nil
  }
}
