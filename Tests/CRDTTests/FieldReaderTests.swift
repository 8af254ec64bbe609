import CRDT
import Testing

/// Values are read as they are shown, and context is removed as it was seen.
@Suite struct FieldReaderTests {
  @Test func reader_shouldShowWhatTheMapShows() throws {
    let (a, b) = (ReplicaID(1), ReplicaID(2))
    var map = ORMap()
    for operation: FieldOperation in [
      .counter(.add(5)), .addWinsSet(.add([2])), .addWinsSet(.add([1])), .multiValue(.write([7])),
      .map(.update([9], .counter(.add(1)))),
    ] {
      _ = try map.apply(.update([], operation), at: stamp(map.nextDot(of: a)))
    }
    var other = map
    _ = try other.apply(.update([], .multiValue(.write([8]))), at: stamp(other.nextDot(of: b)))
    _ = try map.apply(.update([], .multiValue(.write([6]))), at: stamp(map.nextDot(of: a)))
    try map.merge(other)
    let reader = map.reader
    #expect(
      reader.fieldKeys.map(\.kind) == [.counter, .multiValue, .addWinsSet, .map]
        && map.value.count == 4)
    #expect(reader[FieldKey([], .counter)]?.sum == 5)
    let set = try #require(reader[FieldKey([], .addWinsSet)])
    #expect(set.elements == [[1], [2]] && set.elementCount == 2)
    #expect(set.contains([1]) && !set.contains([3]))
    let writes = reader[FieldKey([], .multiValue)]?.writes ?? []
    #expect(writes.map(\.value) == [[6], [8]] && writes.map(\.dot) == [Dot(a, 6), Dot(b, 1)])
    #expect(reader[FieldKey([], .map)]?.fieldKeys == [FieldKey([9], .counter)])
    #expect(reader[FieldKey([1], .counter)] == nil)
    // Removing what is known of one replica leaves what the other one wrote.
    var seen = CausalContext()
    seen.insert(DotRange(a, 1...6))
    try map.remove(seen)
    #expect(map.reader.fieldKeys == [FieldKey([], .multiValue)] && !map.isPart)
    #expect(map.value[FieldKey([], .multiValue)] == .multiValue([[8]]))
    try map.remove(CausalContext())
    #expect(map.value.count == 1)
  }
}
