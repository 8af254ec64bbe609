/// Requests that were read before they are executed, so that memory they need can be asked for in
/// time. Their bytes stay where they are.
public struct RequestRow: Sendable {
  private struct Place: Sendable {
    /// Where the request begins, and how long it is.
    var offset: Int
    var bytes: Int
    /// Its arguments among `ranges`.
    var first: Int
    var count: Int
  }

  private var places: [Place] = []
  private var ranges: [ArgumentRange] = []

  public init() {}

  public var count: Int { places.count }

  /// Where the last request ends; nil if there is none.
  public var end: Int? { places.last.map { $0.offset + $0.bytes } }

  /// Bytes of a request.
  public func bytes(_ index: Int) -> Int { places[index].bytes }

  public mutating func removeAll() {
    places.removeAll(keepingCapacity: true)
    ranges.removeAll(keepingCapacity: ranges.count <= RESPLimits.keptArguments)
  }

  /// Appends what `parser` has read last: `bytes` bytes at `offset` of all bytes; not a line.
  @inline(__always)
  public mutating func append(_ parser: borrowing RequestParser, at offset: Int, bytes: Int) {
    let first = ranges.count
    parser.appendRanges(to: &ranges)
    places.append(Place(offset: offset, bytes: bytes, first: first, count: ranges.count - first))
  }

  /// The first argument of a request, which most often is a key; nil if there is none.
  @inline(__always)
  public func key(_ index: Int, in bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    let place = places[index]
    guard place.count > 1, let base = bytes.baseAddress else { return nil }
    let range = ranges[place.first + 1]
    return UnsafeRawBufferPointer(
      start: base + place.offset + Int(range.offset), count: Int(range.count))
  }

  /// Gives `body` the arguments of a request.
  @inline(__always)
  public func withArguments<Result>(
    _ index: Int, in bytes: UnsafeRawBufferPointer, _ body: (RequestArguments) -> Result
  ) -> Result {
    let place = places[index]
    return ranges.withUnsafeBufferPointer { ranges in
      body(
        RequestArguments(
          base: bytes.baseAddress! + place.offset,
          ranges: UnsafeBufferPointer(rebasing: ranges[place.first..<place.first + place.count])))
    }
  }
}
