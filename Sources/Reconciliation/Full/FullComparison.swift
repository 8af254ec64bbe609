import Primitives
import Storage

/// The side of a full exchange that asks: the other side tells all its records, key, version and
/// id, in the order of keys. Several lanes of keys are read at a time, each frame by frame, and of
/// neither side more than a frame is held.
///
/// Each frame is true of the moment at which it was made. An exchange that was interrupted goes on
/// from its cursor, with any peer.
public struct FullComparison: ComparisonInitiator {
  /// How far an exchange has come: the parts of lanes that have not been read.
  public struct Cursor: Sendable, Hashable {
    public var lanes: [KeyLane]

    public init(lanes: [KeyLane]) { self.lanes = lanes }
  }

  private let source: any RecordSource
  private let lanesAtATime: Int
  private let frameBytes: Int
  private var waiting: [KeyLane]?
  private var open: [UInt32: KeyLane] = [:]
  private var lanesRequest: UInt32?
  private var nextNumber: UInt32 = 0
  private var isAtEnd = false

  public private(set) var difference: RecordDifference
  /// The number of records that the other side said it has, nil before.
  public private(set) var remoteCount: Int?
  /// Records that the other side has told.
  public private(set) var recordsTold = 0

  /// - Parameters:
  ///   - lanes: frames that are under way at a time, 1…`ReconciliationLimits.lanesMax`.
  ///   - frameBytes: about the bytes of a frame, 1…`ReconciliationLimits.frameBytesMax`.
  ///   - cursor: where an earlier exchange was, whose `difference` is known.
  public init(
    _ source: any RecordSource, lanes: Int = 8, frameBytes: Int = 65_536, cursor: Cursor? = nil,
    difference: RecordDifference = RecordDifference()
  ) {
    self.source = source
    lanesAtATime = min(max(1, lanes), ReconciliationLimits.lanesMax)
    self.frameBytes = min(max(1, frameBytes), ReconciliationLimits.frameBytesMax)
    waiting = cursor.map { $0.lanes.reversed() }
    self.difference = difference
  }

  public var isComplete: Bool { !isAtEnd && open.isEmpty && waiting?.isEmpty == true }

  /// Where another exchange can go on, nil before the lanes are known.
  public var cursor: Cursor? {
    guard let waiting else { return nil }
    let lanes = waiting + open.sorted { $0.key < $1.key }.map(\.value)
    return Cursor(lanes: lanes.sorted { RecordTable.order($0.start, $1.start) < 0 })
  }

  public mutating func nextRequest() -> ComparisonRequest? {
    guard !isAtEnd else { return nil }
    guard waiting != nil else {
      guard lanesRequest == nil else { return nil }
      lanesRequest = nextNumber
      return request(.lanes(lanesAtATime))
    }
    guard open.count < lanesAtATime, let lane = waiting?.popLast() else { return nil }
    open[nextNumber] = lane
    return request(.frame(lane, bytes: frameBytes))
  }

  private mutating func request(_ body: FullRequest) -> ComparisonRequest {
    defer { nextNumber += 1 }
    return ComparisonRequest(number: nextNumber, body: body.wireBytes)
  }

  public mutating func receive(
    _ answer: [UInt8], to number: UInt32
  ) throws(ReconciliationError) {
    guard !isAtEnd else { throw .unavailable("the exchange has ended") }
    do throws(ReconciliationError) {
      if number == lanesRequest, waiting == nil {
        return takeLanes(
          try reading("lanes of keys") { () throws(WireError) in
            try LanesAnswer(wireBytes: answer)
          })
      }
      guard let lane = open[number] else {
        throw .malformed("an answer to request \(number), which is not open")
      }
      let frame = try reading("a frame of records") { () throws(WireError) in
        try FullFrame(wireBytes: answer)
      }
      try take(frame, lane)
      open[number] = nil
    } catch {
      isAtEnd = true
      throw error
    }
  }

  private mutating func takeLanes(_ answer: LanesAnswer) {
    remoteCount = answer.count
    let starts = [[]] + answer.keys
    let ends = answer.keys.map(Optional.some) + [nil]
    waiting = zip(starts, ends).map { KeyLane(start: $0, end: $1) }.reversed()
  }

  private mutating func take(
    _ frame: FullFrame, _ lane: KeyLane
  ) throws(ReconciliationError) {
    if let first = frame.items.first, RecordTable.order(first.key, lane.start) < 0 {
      throw .malformed("a frame with keys before its lane")
    }
    if let end = lane.end, let last = frame.next ?? frame.items.last?.key,
      RecordTable.order(last, end) >= 0
    {
      throw .malformed("a frame with keys after its lane")
    }
    recordsTold += frame.items.count
    let covered = KeyLane(start: lane.start, end: frame.next ?? lane.end)
    try held { () throws(StorageError) in
      try source.withView { view throws(StorageError) in
        try compare(frame.items, covered, view)
      }
    }
    let most = ReconciliationLimits.differencesMax
    guard difference.missing.count <= most else {
      throw .limitReached("more than \(most) records are missing")
    }
    if let next = frame.next { waiting?.append(KeyLane(start: next, end: lane.end)) }
  }

  /// Goes through both sides' records of a range of keys.
  private mutating func compare(
    _ items: [FullFrame.Item], _ lane: KeyLane, _ view: any RecordReading
  ) throws(StorageError) {
    var theirs = items[...]
    var start = lane.start
    while true {
      let page = try view.records(from: start, limit: ReconciliationLimits.pageRecordsMax)
      for record in page {
        if let end = lane.end, RecordTable.order(record.key, end) >= 0 {
          return difference.missing.formUnion(theirs.map(\.id))
        }
        while let item = theirs.first, RecordTable.order(item.key, record.key) < 0 {
          difference.missing.insert(item.id)
          theirs.removeFirst()
        }
        let id = record.id
        if let item = theirs.first, item.key == record.key {
          theirs.removeFirst()
          if item.id == id { continue }
          difference.missing.insert(item.id)
        }
        difference.extra.insert(id)
      }
      guard page.count == ReconciliationLimits.pageRecordsMax, let last = page.last else {
        return difference.missing.formUnion(theirs.map(\.id))
      }
      start = last.key + [0]
    }
  }
}

extension FullComparison.Cursor: WireCodable {
  public func encode(to encoder: inout WireEncoder) { encoder.append(lanes) }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    lanes = try decoder.array(elementBytes: 2, limit: ReconciliationLimits.lanesMax)
  }
}
