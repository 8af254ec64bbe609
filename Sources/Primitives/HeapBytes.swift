/// A value that can tell how much memory it takes beyond its own place.
///
/// Budgets charge this instead of the size on the wire: what was read may take far more, since each
/// array has a head and room to grow, and a node of a proof has sixteen places for children.
public protocol HeapSized {
  /// Bytes on the heap that the value keeps alive, as if it shared them with nobody.
  var heapBytes: Int { get }
}

extension HeapSized {
  /// Bytes of the value and all that it keeps alive.
  @inlinable
  public var memoryBytes: Int { MemoryLayout<Self>.stride + heapBytes }
}

/// How much memory the allocator takes for what is asked of it.
public enum HeapAllocation {
  /// Bytes in front of the elements of an array.
  @inlinable static var arrayHeadBytes: Int { 32 }
  /// The allocator's own bytes beside each piece, and the size of which pieces are multiples.
  @inlinable static var pieceHeadBytes: Int { 8 }
  @inlinable static var pieceBytes: Int { 16 }

  /// Bytes that an array with room for `capacity` elements of `stride` bytes takes; none at all if
  /// it has no room.
  @inlinable
  public static func array(capacity: Int, stride: Int) -> Int {
    guard capacity > 0 else { return 0 }
    let bytes = arrayHeadBytes + capacity * stride + pieceHeadBytes
    return (bytes + pieceBytes - 1) / pieceBytes * pieceBytes
  }
}

extension Array {
  /// Bytes of the array's own storage, without what its elements keep elsewhere.
  @inlinable
  public var storageBytes: Int {
    HeapAllocation.array(capacity: capacity, stride: MemoryLayout<Element>.stride)
  }
}

extension Array: HeapSized where Element: HeapSized {
  @inlinable
  public var heapBytes: Int { reduce(storageBytes) { $0 + $1.heapBytes } }
}

extension Int: HeapSized {
  @inlinable
  public var heapBytes: Int { 0 }
}
