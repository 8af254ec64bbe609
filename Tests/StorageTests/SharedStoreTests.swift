import Storage
import Testing

/// What every implementation must do.
@Suite struct SharedStoreTests {
  @Test(arguments: StoreKind.allCases)
  func value_shouldBeTheOnePutLast(_ kind: StoreKind) throws {
    let place = StorePlace(kind)
    let store = try place.open()
    let large = [UInt8](repeating: 7, count: 1 << 20)
    try store.write { transaction throws(StorageError) in
      try transaction.put("a".key, "first".key)
      try transaction.put("a".key, "second".key)
      try transaction.put("empty".key, [])
      try transaction.put("large".key, large)
      #expect(try transaction.value(of: "a".key) == "second".key)
      try transaction.put("gone".key, [1])
      #expect(try transaction.delete("gone".key))
      #expect(try !transaction.delete("gone".key))
      #expect(try !transaction.delete("never".key))
    }
    try store.read { snapshot throws(StorageError) in
      #expect(try snapshot.value(of: "a".key) == "second".key)
      #expect(try snapshot.value(of: "empty".key) == [])
      #expect(try snapshot.value(of: "large".key) == large)
      #expect(try snapshot.value(of: "gone".key) == nil)
    }
    #expect(try store.all().map(\.key) == ["a".key, "empty".key, "large".key])
  }

  @Test(arguments: StoreKind.allCases)
  func transaction_shouldLeaveNothing_whenItThrowsOrIsDiscarded(_ kind: StoreKind) throws {
    let place = StorePlace(kind)
    let store = try place.open()
    try store.put("kept", "1")
    let thrown = reason {
      try store.write { transaction throws(StorageError) in
        try transaction.put("kept".key, "2".key)
        try transaction.put("new".key, "2".key)
        throw .busy
      }
    }
    #expect(thrown == "busy")
    let seen = try store.write { transaction throws(StorageError) in
      try transaction.delete("kept".key)
      transaction.discard()
      return try transaction.value(of: "kept".key)
    }
    #expect(seen == nil)
    #expect(try store.all() == [StoreEntry(key: "kept".key, value: "1".key)])
  }

  @Test(arguments: StoreKind.allCases)
  func transaction_shouldNotBeCommitted_whenAWriteFailedAndTheErrorWasCaught(
    _ kind: StoreKind
  ) throws {
    let place = StorePlace(kind)
    let store = try place.open()
    let tooLong = [UInt8](repeating: 1, count: StorageLimits.keyBytesMax + 1)
    let thrown = reason {
      try store.write { transaction throws(StorageError) in
        try transaction.put("a".key, [])
        try? transaction.put(tooLong, [])
        try? transaction.put("b".key, [])
      }
    }
    #expect(thrown == "key_too_long")
    let read = reason {
      _ = try store.read { s throws(StorageError) in try s.value(of: tooLong) }
    }
    #expect(read == "key_too_long")
    #expect(try store.all() == [])
    let longest = [UInt8](repeating: 0xff, count: StorageLimits.keyBytesMax)
    try store.write { transaction throws(StorageError) in try transaction.put(longest, [1]) }
    #expect(try store.all().map(\.key) == [longest])
  }

  @Test(arguments: StoreKind.allCases)
  func snapshot_shouldSeeOneState_whateverIsWrittenMeanwhile(_ kind: StoreKind) throws {
    let place = StorePlace(kind)
    let store = try place.open()
    try store.put("a", "1")
    try store.read { first throws(StorageError) in
      try store.put("a", "2")
      try store.put("b", "2")
      try store.read { second throws(StorageError) in
        try store.write { transaction throws(StorageError) in
          try transaction.delete(in: .all)
          #expect(try second.value(of: "a".key) == "2".key)
        }
        #expect(try second.entries().map(\.key) == ["a".key, "b".key])
        #expect(try first.entries() == [StoreEntry(key: "a".key, value: "1".key)])
      }
    }
    #expect(try store.all() == [])
  }

  @Test(arguments: StoreKind.allCases)
  func cursor_shouldWalkInBothDirections(_ kind: StoreKind) throws {
    let place = StorePlace(kind)
    let store = try place.open()
    try store.read { snapshot throws(StorageError) in
      try snapshot.withCursor(in: plain) { cursor throws(StorageError) in
        #expect(try cursor.next() == nil)
        #expect(try cursor.previous() == nil)
        #expect(try cursor.seek([]) == nil)
        #expect(try cursor.seek(before: nil) == nil)
        #expect(try cursor.seek(before: []) == nil)
      }
    }
    let keys = [[], [0], [0, 0], [1], [1, 0xff], [0xff], [0xff, 0xff]] as [[UInt8]]
    try store.write { transaction throws(StorageError) in
      for key in keys.reversed() { try transaction.put(key, key) }
      #expect(try transaction.entries(descending: true).map(\.key) == keys.reversed())
    }
    try store.read { snapshot throws(StorageError) in
      try snapshot.withCursor(in: plain) { cursor throws(StorageError) in
        #expect(try cursor.previous() == nil)
        for key in keys { #expect(try cursor.next()?.key == key) }
        #expect(try cursor.next() == nil)
        #expect(try cursor.next() == nil)
        for key in keys.reversed() { #expect(try cursor.previous()?.key == key) }
        #expect(try cursor.previous() == nil)
        #expect(try cursor.next()?.key == [])
        #expect(try cursor.next()?.key == [0])
        #expect(try cursor.seek([0, 1])?.key == [1])
        #expect(try cursor.previous()?.key == [0, 0])
        #expect(try cursor.seek([0xff, 0xff, 0])?.key == nil)
        #expect(try cursor.previous()?.key == [0xff, 0xff])
        #expect(try cursor.seek(before: [1, 0xff])?.key == [1])
        #expect(try cursor.next()?.value == [1, 0xff])
        #expect(try cursor.seek(before: [0])?.key == [])
        #expect(try cursor.seek(before: []) == nil)
        #expect(try cursor.first()?.key == [])
        #expect(try cursor.last()?.key == [0xff, 0xff])
      }
      #expect(try snapshot.entries(in: .prefix([0]), limit: 1).map(\.key) == [[0]])
      #expect(try snapshot.entries(in: .prefix([0xff])).map(\.key) == [[0xff], [0xff, 0xff]])
      let middle = StoreRange(from: [0, 0], to: [0xff])
      #expect(
        try snapshot.entries(in: middle, descending: true).map(\.key)
          == [[1, 0xff], [1], [0, 0]])
    }
  }

  @Test(arguments: StoreKind.allCases)
  func seek_shouldPassAKey_whenTheTextSoughtIsLongerThanAnyKey(_ kind: StoreKind) throws {
    let place = StorePlace(kind)
    let store = try place.open()
    let longest = [UInt8](repeating: 5, count: StorageLimits.keyBytesMax)
    try store.write { transaction throws(StorageError) in
      try transaction.put(longest, [1])
      try transaction.put([6], [2])
    }
    try store.read { snapshot throws(StorageError) in
      #expect(try snapshot.entries(in: StoreRange(from: longest + [0])).map(\.key) == [[6]])
      #expect(try snapshot.entries(in: StoreRange(from: longest)).count == 2)
      #expect(try snapshot.entries(in: StoreRange(to: longest + [0])).map(\.key) == [longest])
    }
    let removed = try store.write { transaction throws(StorageError) in
      try transaction.delete(in: StoreRange(from: longest + [0]))
    }
    #expect(removed == 1)
    #expect(try store.all().map(\.key) == [longest])
  }

  @Test(arguments: StoreKind.allCases)
  func prefix_shouldBeRemovedWhole_andNothingElse(_ kind: StoreKind) throws {
    let place = StorePlace(kind)
    let store = try place.open()
    try store.write { transaction throws(StorageError) in
      for key in ["a", "b", "ba", "bb", "bbb", "c"] { try transaction.put(key.key, []) }
      for byte in 0..<255 { try transaction.put([0xff, UInt8(byte)], []) }
      #expect(try transaction.delete(in: .prefix("bb".key)) == 2)
      #expect(try transaction.delete(in: .prefix("x".key)) == 0)
      #expect(try transaction.delete(in: .prefix([0xff])) == 255)
      #expect(try transaction.delete(in: StoreRange(from: "b".key, to: "b".key)) == 0)
    }
    #expect(try store.all().map(\.key) == ["a", "b", "ba", "c"].map(\.key))
  }

  @Test(arguments: StoreKind.allCases)
  func transaction_shouldBeRefused_insideAnotherOne(_ kind: StoreKind) throws {
    let place = StorePlace(kind)
    let store = try place.open()
    try store.write { transaction throws(StorageError) in
      try transaction.put("a".key, [])
      #expect(reason { try store.put("b", "") } == "nested_write")
      #expect(try store.all() == [])
    }
    try store.put("c", "")
    #expect(try store.all().map(\.key) == ["a".key, "c".key])
  }

  @Test(arguments: StoreKind.allCases)
  func store_shouldKeepItsRecords_whenClosedAndOpenedAgain(_ kind: StoreKind) throws {
    let place = StorePlace(kind)
    let store = try place.open()
    try store.put("a", "1")
    #expect(reason { _ = try place.open() } == "already_open")
    try store.read { _ throws(StorageError) in #expect(reason { try store.close() } == "busy") }
    #expect(try store.text("a") == "1")
    try store.synchronize()
    try store.close()
    try store.close()
    #expect(reason { _ = try store.text("a") } == "closed")
    #expect(reason { try store.put("a", "2") } == "closed")
    #expect(reason { try store.synchronize() } == "closed")
    #expect(reason { _ = try place.open(owner: StorePlace.otherOwner) } == "other_owner")
    #expect(try place.open().text("a") == "1")
    #expect(try place.open().text("a") == "1")
  }

  @Test(arguments: StoreKind.allCases)
  func readers_shouldSeeWholeTransactions_whenManyThreadsUseTheStore(_ kind: StoreKind) async throws
  {
    let place = StorePlace(kind)
    let store = try place.open()
    let rounds = 60
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<3 {
        group.addTask {
          for _ in 0..<rounds {
            try store.write { transaction throws(StorageError) in
              let count = try transaction.value(of: "count".key)?.count ?? 0
              let next = [UInt8](repeating: UInt8(writer), count: count + 1)
              try transaction.put("count".key, next)
              try transaction.put("mirror".key, next)
            }
          }
        }
        group.addTask {
          for _ in 0..<(4 * rounds) {
            try store.read { snapshot throws(StorageError) in
              let count = try snapshot.value(of: "count".key)
              #expect(try snapshot.value(of: "mirror".key) == count)
            }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try store.text("count")?.utf8.count == 3 * rounds)
  }
}
