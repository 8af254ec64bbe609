/// Numbers of slots in some order: a list of short sorted lists, of which a copy shares what is not
/// changed. Entries are ordered by a word first; among equal words the caller decides.
struct SlotIndex: Sendable {
  struct Entry: Sendable {
    var word: UInt64
    var slot: UInt32
  }

  /// Where an entry is, or would be put.
  struct Place {
    var segment: Int
    var offset: Int
  }

  /// Entries of one short list.
  private static let segmentEntriesMax = 128

  private var segments: [[Entry]] = []
  /// The first entry of each short list.
  private var heads: [Entry] = []

  init() {}

  /// An index of entries that are in order.
  init(sorted entries: [Entry]) {
    let step = Self.segmentEntriesMax * 3 / 4
    for start in stride(from: 0, to: entries.count, by: step) {
      segments.append(Array(entries[start..<min(start + step, entries.count)]))
      heads.append(entries[start])
    }
  }

  /// The place of the first entry that is not before the target, which has this word;
  /// `isBefore(slot)` tells whether the slot, whose word is the same, is before the target.
  func place(of word: UInt64, _ isBefore: (UInt32) -> Bool) -> Place {
    func isEarlier(_ entry: Entry) -> Bool {
      entry.word != word ? entry.word < word : isBefore(entry.slot)
    }
    let after = Self.partition(heads, isEarlier)
    guard after > 0 else { return Place(segment: 0, offset: 0) }
    let offset = Self.partition(segments[after - 1], isEarlier)
    return Place(segment: after - 1, offset: offset)
  }

  /// The entry at a place, or the first one after it.
  func entry(at place: inout Place) -> Entry? {
    guard place.segment < segments.count else { return nil }
    if place.offset < segments[place.segment].count { return segments[place.segment][place.offset] }
    place = Place(segment: place.segment + 1, offset: 0)
    return place.segment < segments.count ? segments[place.segment][0] : nil
  }

  mutating func insert(_ entry: Entry, at place: Place) {
    guard place.segment < segments.count else {
      segments.append([entry])
      heads.append(entry)
      return
    }
    segments[place.segment].insert(entry, at: place.offset)
    if place.offset == 0 { heads[place.segment] = entry }
    let count = segments[place.segment].count
    guard count > Self.segmentEntriesMax else { return }
    let half = Array(segments[place.segment][(count / 2)...])
    segments[place.segment].removeSubrange((count / 2)...)
    segments.insert(half, at: place.segment + 1)
    heads.insert(half[0], at: place.segment + 1)
  }

  /// Removes the entry at a place, which must be that of an entry.
  mutating func remove(at place: Place) {
    var place = place
    guard entry(at: &place) != nil else { return }
    let segment = place.segment
    segments[segment].remove(at: place.offset)
    if segments[segment].isEmpty {
      segments.remove(at: segment)
      heads.remove(at: segment)
      return
    }
    if place.offset == 0 { heads[segment] = segments[segment][0] }
    // Short neighbours are joined, so that removals leave no long list of nearly empty ones.
    let next = segment + 1
    guard next < segments.count,
      segments[segment].count + segments[next].count <= Self.segmentEntriesMax / 2
    else { return }
    segments[segment].append(contentsOf: segments[next])
    segments.remove(at: next)
    heads.remove(at: next)
  }

  /// The number of entries at the start of `entries` that are earlier.
  private static func partition(_ entries: [Entry], _ isEarlier: (Entry) -> Bool) -> Int {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if isEarlier(entries[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
