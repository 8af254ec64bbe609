import Storage

extension RecordTable: RecordReading, RecordSource {
  public func recordCount() -> Int { count }

  public func record(of key: [UInt8]) -> Record? {
    slot(of: key, at: placeInKeys(key)).map { self[$0].record }
  }

  public func record(named id: RecordID) -> Record? {
    var place = placeInIDs(id)
    guard let slot = byID.entry(at: &place)?.slot, self[slot].entry.id == id else { return nil }
    return self[slot].record
  }

  public func records(startingWith half: UInt64) -> [Record] {
    var found: [Record] = []
    var place = byID.place(of: half) { _ in false }
    while found.count < 2, let index = byID.entry(at: &place), index.word == half {
      found.append(self[index.slot].record)
      place.offset += 1
    }
    return found
  }

  public func records(from key: [UInt8], limit: Int) -> [Record] {
    var found: [Record] = []
    var place = placeInKeys(key)
    while found.count < limit, let entry = byKey.entry(at: &place) {
      found.append(self[entry.slot].record)
      place.offset += 1
    }
    return found
  }

  public func entries(
    from first: HashedPosition, through last: HashedPosition, limit: Int
  ) -> [RecordEntry] {
    var found: [RecordEntry] = []
    var place = placeInPositions(first)
    while found.count < limit, let index = byPosition.entry(at: &place), index.word <= last.high {
      let entry = self[index.slot].entry
      guard entry.position <= last else { break }
      found.append(entry)
      place.offset += 1
    }
    return found
  }

  public func withView<Output>(
    _ body: (any RecordReading) throws(StorageError) -> Output
  ) throws(StorageError) -> Output {
    try body(self)
  }
}
