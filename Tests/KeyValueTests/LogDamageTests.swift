import Glibc
import KeyValue
import TestSupport
import Testing

/// Files that are cut, torn or flipped.
@Suite struct LogDamageTests {
  /// A store with a checkpoint, some segments and a few frames behind.
  private static func stored(_ mode: FsyncMode = .always) throws -> (MemoryDisk, LoggedStore) {
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, mode)
    for number in 0..<6 { store.batch("SET k\(number) value-\(number)", "INCR n") }
    try store.log.save(store.core, at: LoggedStore.now)
    for number in 0..<16 { store.batch("SET k\(number % 5) new-\(number)", "DEL k\(number % 7)") }
    return (disk, store)
  }

  @Test func tail_shouldBeFoundNamedAndCut_whereverItIsTorn() throws {
    let (disk, store) = try Self.stored()
    let name = try #require(disk.files.keys.filter { $0.hasPrefix("log-") }.max())
    let data = try #require(disk.files[name]).data
    var last = try #require(store.states.last)
    // Back to the begin of the segment, frame by frame.
    var state = store.states.count - 1
    var starts: [Int] = []
    for bytes in stride(from: data.count - 1, through: LogHeader.bytes, by: -1) {
      let torn = disk.copy()
      torn.put(name, Array(data[..<bytes]))
      let recovered = try LoggedStore.recover(torn)
      let found = LoggedStore.entries(recovered.core)
      if found != last {
        state -= 1
        last = store.states[state]
      }
      #expect(found == last, "\(bytes) of \(data.count) bytes")
      if let tail = recovered.report.tornTail {
        #expect(tail.file == "memory/" + name)
        #expect(tail.byte < bytes && tail.bytes == bytes - tail.byte)
        #expect("\(tail)".contains("cut off"))
      } else {
        starts.append(bytes)
      }
      // Cut, it is a log like any other.
      let again = try LoggedStore(torn, .always)
      again.batch("SET z 1")
      #expect(try LoggedStore.entries(of: torn) == again.states.last)
    }
    #expect(starts.count > 2 && starts.last == LogHeader.bytes)
  }

  @Test func bits_shouldNeverMakeAnotherState_whicheverIsFlipped() throws {
    let (disk, store) = try Self.stored()
    var outcomes: [String: Int] = [:]
    for name in disk.files.keys.sorted() {
      let data = try #require(disk.files[name]).data
      for byte in data.indices {
        let flipped = disk.copy()
        var changed = data
        changed[byte] ^= 1 << UInt8(byte % 8)
        flipped.put(name, changed)
        do {
          let recovered = try LoggedStore.recover(flipped)
          let found = LoggedStore.entries(recovered.core)
          #expect(recovered.report.tornTail != nil, "\(name), byte \(byte): nothing was found")
          // Only the last frame may be taken for one that was torn.
          #expect(found == store.states[store.states.count - 2], "\(name), byte \(byte)")
          outcomes["torn", default: 0] += 1
        } catch {
          #expect(error.file.hasSuffix(name), "\(error)")
          #expect([.damaged, .foreign, .newerFormat].contains(error.kind), "\(error)")
          outcomes["refused", default: 0] += 1
          // Whose store it is must be readable.
          guard !name.hasPrefix("checkpoint") else { continue }
          let repaired = try LoggedStore.entries(of: flipped, repair: true)
          #expect(store.states.contains(repaired), "\(name), byte \(byte)")
        }
      }
    }
    #expect(outcomes["torn", default: 0] > 20)
    #expect(outcomes["refused", default: 0] > 1_000)
  }

  @Test func repair_shouldDropWhatFollowsDamage_andSayHowMuch() throws {
    let (disk, store) = try Self.stored()
    let name = try #require(disk.files.keys.filter { $0.hasPrefix("log-") }.min())
    let inode = try #require(disk.files[name])
    inode.data[LogHeader.bytes + 40] ^= 1
    #expect(throws: LogError.self) { try LoggedStore(disk, .always) }
    let recovered = try LoggedStore.recover(disk, repair: true, isReadOnly: false)
    let dropped = try #require(recovered.report.dropped.first)
    #expect(dropped.byte == LogHeader.bytes && dropped.bytes > 200)
    #expect(LoggedStore.entries(recovered.core) == store.states[6])
    #expect(try LoggedStore(disk, .always).states.last == store.states[6])
  }

  /// Pages reach the disk in any order: what was never synced may be torn before something whole.
  @Test func aHoleInWhatWasNeverSafe_shouldBeATornTail() throws {
    let (disk, store) = try Self.stored(.no)
    let name = try #require(disk.files.keys.filter { $0.hasPrefix("log-") }.min())
    let inode = try #require(disk.files[name])
    inode.data[LogHeader.bytes + 40] ^= 1
    let recovered = try LoggedStore.recover(disk)
    #expect(LoggedStore.entries(recovered.core) == store.states[6])
    #expect(recovered.report.tornTail != nil)
  }

  @Test func filesOfOthers_shouldBeRefused_andNamed() throws {
    let (disk, _) = try Self.stored()
    let name = try #require(disk.files.keys.filter { $0.hasPrefix("log-") }.max())
    func refusal(_ change: (MemoryDisk) -> Void) throws -> LogError {
      let copy = disk.copy()
      change(copy)
      do throws(LogError) {
        _ = try LoggedStore.entries(of: copy)
      } catch { return error }
      throw LogError(.missing, "", "nothing was refused")
    }
    let identity = StoreIdentity(store: .zero, replica: .init(9))
    let other = MemoryDisk()
    _ = try DurableLog(
      other, identity, mode: .no, worker: InlineLogWorker(),
      last: UInt64(name.dropFirst(4), radix: 16)! - 1)
    let foreign = try #require(other.files[name]).data
    #expect(try refusal { $0.put(name, foreign) }.kind == .foreign)
    #expect(try refusal { $0.put(name, Array("something else".utf8)) }.kind == .foreign)
    let newer = try refusal { disk in
      var data = disk.files[name]!.data
      data[8] = 9
      disk.put(name, data)
    }
    #expect(newer.kind == .newerFormat && newer.byte == 8)
    let missing = try refusal { disk in
      for file in disk.files.keys where file.hasPrefix("log-") { try? disk.remove(file) }
    }
    #expect(missing.kind == .missing)
  }

  /// What looks like frames in a value of a client is not taken for some.
  @Test func search_shouldEnd_whateverIsBehindTheDamage() throws {
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .no)
    store.batch("SET a 1")
    let inode = try #require(disk.files.values.first)
    var fake: [UInt8] = []
    for number in 0..<UInt64(KeyValueLimits.searchedFramesMax + 10) {
      // A length, a checksum that is wrong, and a likely number.
      fake += [17, 0, 0, 0, 1, 2, 3, 4]
      withUnsafeBytes(of: (number % 1_000 + 3).littleEndian) { fake += $0 }
      fake += [0, 0, 0, 0, 0, 0, 0, 0, 1]
    }
    inode.data += [9] + fake
    #expect(throws: LogError.self) { try LoggedStore.entries(of: disk) }
    inode.data.removeLast(fake.count)
    #expect(try LoggedStore.entries(of: disk) == store.states.last)
  }

  @Test func largeBatches_shouldBecomeFrames_andCountAsAWhole() throws {
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .always, segmentBytes: 1 << 30)
    store.batch("SET a 1")
    let value = String(repeating: "v", count: KeyValueLimits.frameBytesWanted / 2)
    store.batch("MSET a \(value) b \(value) c \(value) d \(value)")
    let report = try LoggedStore.recover(disk).report
    #expect(report.batches == 2 && report.frames > 3)
    let inode = try #require(disk.files.values.first)
    inode.data.removeLast(10)
    let torn = try LoggedStore.recover(disk)
    #expect(LoggedStore.entries(torn.core) == store.states[1])
    #expect(torn.report.tornTail?.bytes ?? 0 > 3 * value.utf8.count)
  }

  @Test func longestValue_shouldFitAFrame_andNoLongerFrameBeRead() throws {
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .always, segmentBytes: 1 << 30)
    let value = String(repeating: "v", count: KeyValueLimits.valueBytesMax)
    store.batch("SET a \(value)")
    #expect(try LoggedStore.entries(of: disk) == store.states.last)
    let inode = try #require(disk.files.values.first)
    let length = UInt32(KeyValueLimits.frameBytesMax + 1)
    withUnsafeBytes(of: length.littleEndian) {
      inode.data.replaceSubrange(LogHeader.bytes..<(LogHeader.bytes + 4), with: $0)
    }
    let tail = try LoggedStore.recover(disk).report.tornTail
    #expect(tail?.what.contains("no frame has") == true)
  }
}
