/// One step on the way from a base to a target.
public enum EditOperation: Sendable, Hashable {
  /// `length` bytes of the base from byte `offset` on.
  case copy(offset: Int, length: Int)
  /// Bytes that the base does not have there.
  case insert([UInt8])

  /// Bytes of the target that come of it.
  public var length: Int {
    switch self {
    case .copy(_, let length): length
    case .insert(let bytes): bytes.count
    }
  }
}

/// The steps that make a target of a base, in order of the target. There is one form of them: no
/// step is empty, two inserts are never neighbours, nor two copies that go on one where the other
/// ends. Made by an `EditScriptBuilder`.
public struct EditScript: Sendable, Hashable {
  public let operations: [EditOperation]
  /// Bytes of the target.
  public let targetBytes: Int
  /// Where in the base the last byte that is copied ends; 0 if none is.
  public let baseBytesNeeded: Int

  init(operations: [EditOperation], targetBytes: Int, baseBytesNeeded: Int) {
    self.operations = operations
    self.targetBytes = targetBytes
    self.baseBytesNeeded = baseBytesNeeded
  }

  /// Brings any steps into the one form. Throws if they are too many, or make more than
  /// `BinaryDifferenceLimits.targetBytesMax` bytes, or copy from before or far behind any base.
  public init(_ operations: [EditOperation]) throws(BinaryDifferenceError) {
    var builder = EditScriptBuilder()
    for operation in operations {
      switch operation {
      case .copy(let offset, let length):
        guard offset >= 0, length >= 0 else { throw .invalid("a copy begins before 0", at: 0) }
        try builder.copy(offset: offset, length: length)
      case .insert(let bytes): try builder.insert(bytes[...])
      }
    }
    self = try builder.finish()
  }

  /// Bytes of the target that are copied.
  public var copiedBytes: Int {
    operations.reduce(0) { sum, operation in
      if case .copy(_, let length) = operation { sum + length } else { sum }
    }
  }

  /// The target. Nothing is allocated before it is known that all copies lie within the base and
  /// that the target has at most `limit` bytes.
  public func target(
    from base: [UInt8], limit: Int = BinaryDifferenceLimits.targetBytesMax
  ) throws(BinaryDifferenceError) -> [UInt8] {
    guard targetBytes <= limit else { throw .targetTooLarge(UInt64(targetBytes), limit: limit) }
    guard baseBytesNeeded <= base.count else {
      throw .beyondBase(end: UInt64(baseBytesNeeded), base: base.count)
    }
    return [UInt8](unsafeUninitializedCapacity: targetBytes) { target, count in
      base.withUnsafeBufferPointer { base in
        for operation in operations {
          let place = UnsafeMutableBufferPointer(rebasing: target[count...])
          switch operation {
          case .copy(let offset, let length):
            _ = place.update(fromContentsOf: base[offset..<offset + length])
          case .insert(let bytes): _ = place.update(fromContentsOf: bytes)
          }
          count += operation.length
        }
      }
    }
  }
}

/// Collects steps into a script of the one form.
public struct EditScriptBuilder: Sendable {
  private var operations: [EditOperation] = []
  private var targetBytes = 0
  private var baseBytesNeeded = 0
  /// The insert at the end, which may grow.
  private var literal: [UInt8] = []
  /// The copy at the end, which may grow; only one of both is there.
  private var copied: Range<Int>?
  private let limit: Int

  /// - Parameter limit: bytes of the target at most.
  public init(limit: Int = BinaryDifferenceLimits.targetBytesMax) {
    self.limit = limit
  }

  /// Bytes of the target so far.
  public var count: Int { targetBytes }

  /// Adds a copy; `offset` and `length` are not negative.
  /// - Parameter place: offset in the input for errors.
  public mutating func copy(
    offset: Int, length: Int, at place: Int? = nil
  ) throws(BinaryDifferenceError) {
    guard length > 0 else { return }
    let (end, overflow) = offset.addingReportingOverflow(length)
    guard !overflow, end <= BinaryDifferenceLimits.baseBytesMax else {
      throw .beyondBase(
        end: UInt64(offset) &+ UInt64(length), base: BinaryDifferenceLimits.baseBytesMax, at: place)
    }
    try grow(length, at: place)
    baseBytesNeeded = max(baseBytesNeeded, end)
    if let last = copied, last.upperBound == offset {
      copied = last.lowerBound..<end
      return
    }
    try flush(at: place)
    copied = offset..<end
  }

  /// Adds an insert.
  public mutating func insert(
    _ bytes: ArraySlice<UInt8>, at place: Int? = nil
  ) throws(BinaryDifferenceError) {
    guard !bytes.isEmpty else { return }
    try grow(bytes.count, at: place)
    if copied != nil { try flush(at: place) }
    literal += bytes
  }

  /// The script of all that was added.
  public mutating func finish() throws(BinaryDifferenceError) -> EditScript {
    try flush(at: nil)
    return EditScript(
      operations: operations, targetBytes: targetBytes, baseBytesNeeded: baseBytesNeeded)
  }

  private mutating func grow(_ length: Int, at place: Int?) throws(BinaryDifferenceError) {
    let (bytes, overflow) = targetBytes.addingReportingOverflow(length)
    guard !overflow, bytes <= limit else {
      throw .targetTooLarge(UInt64(targetBytes) &+ UInt64(length), limit: limit, at: place)
    }
    targetBytes = bytes
  }

  private mutating func flush(at place: Int?) throws(BinaryDifferenceError) {
    let last: EditOperation
    if let copied {
      last = .copy(offset: copied.lowerBound, length: copied.count)
    } else if !literal.isEmpty {
      last = .insert(literal)
    } else {
      return
    }
    guard operations.count < BinaryDifferenceLimits.operationsMax else {
      throw .tooManyOperations(at: place)
    }
    operations.append(last)
    copied = nil
    literal = []
  }
}
