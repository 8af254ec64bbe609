import CRDT
import KeyValue

/// All that clients did in a world of key-value stores, as a plain model sees it: which version a
/// command gave its key, and what the key should hold then. It knows nothing of merging.
///
/// `@unchecked Sendable`: a world and its replicas use it on one thread.
final class KeyValueLedger: @unchecked Sendable {
  struct Version: Hashable {
    let key: String
    let time: HybridTime
  }

  struct Write {
    let command: KeyValueCommand
    let node: Int
    /// The time of the replica when it was done: that of the write if it has one.
    let ticks: UInt64
    /// Of a string; nil if nothing was written.
    let version: HybridTime?
    /// Commands whose values the writer saw under the key.
    let seen: EventSet
  }

  private(set) var writes: [Int: Write] = [:]
  /// Commands whose clients were told that they are done.
  private(set) var done = EventSet()
  /// What strings are by version: nil is gone. An expiry of 0 is none.
  private(set) var contents: [Version: (value: String?, expiry: UInt64)] = [:]

  /// What replicas dropped because a peer called it dead: by replica and key, the newest version.
  private var buried: [Int: [String: HybridTime]] = [:]
  /// The latest time that the clock of any replica showed, in milliseconds.
  private var latest: UInt64 = 0

  func finish(_ number: Int) { done.insert(number) }

  /// The clock of a replica shows this.
  func saw(milliseconds: UInt64) { latest = max(latest, milliseconds) }

  /// Takes note of a record that a replica dropped because a peer called it dead. From then on it
  /// knows of it without a trace in its store.
  /// - Returns: what is wrong with that: that no client deleted it, and that it lives on at every
  ///   clock.
  func bury(_ key: String, _ version: HybridTime, at node: Int) -> ReplicaFailure? {
    buried[node, default: [:]][key] = max(buried[node]?[key] ?? version, version)
    let isOver = contents.contains { written, content in
      written.key == key && written.time >= version
        && (content.value == nil || content.expiry != 0 && content.expiry <= latest)
    }
    return isOver
      ? nil : .init(.lostWrite, "\(node) dropped '\(key)' of \(version) as dead, but it lives")
  }

  /// Takes note of a command that was executed.
  /// - Parameters:
  ///   - before: what the key held before.
  ///   - after: what it holds now.
  /// - Returns: what is wrong with that.
  func record(
    _ command: KeyValueCommand, _ number: Int, at node: Int, ticks: UInt64, seen: EventSet,
    before: KeyValueEffect?, after: KeyValueEffect?
  ) -> ReplicaFailure? {
    let isNew = after?.version != before?.version
    let version = command.kind == .string && isNew ? after?.version : nil
    writes[number] = Write(
      command: command, node: node, ticks: version?.ticks ?? ticks, version: version, seen: seen)
    guard let version, let after else { return nil }
    if let old = before?.version, old >= version {
      return .init(.clockBackwards, "\(command) has the time \(version), after \(old)")
    }
    var (value, expiry): (String?, UInt64) = (nil, 0)
    if case .set(_, _, let bytes, _, let end) = after {
      (value, expiry) = (String(decoding: bytes, as: UTF8.self), end)
    }
    contents[Version(key: command.key, time: version)] = (value, expiry)
    var held: String?
    var mayBeOver = true
    if let before, case .set(_, _, _, let time, let end) = before {
      guard let content = contents[Version(key: command.key, time: time)] else {
        return .init(.wrongValue, "'\(command.key)' has a version that nobody wrote: \(time)")
      }
      (held, mayBeOver) = (content.value, end != 0)
    }
    let allowed =
      [Self.result(of: command, on: held)] + (mayBeOver ? [Self.result(of: command, on: nil)] : [])
    guard allowed.contains(value) else {
      return .init(
        .wrongValue, "\(command) on \(held ?? "nothing") gave \(value ?? "nothing")")
    }
    return nil
  }

  /// What a string is after a command.
  private static func result(of command: KeyValueCommand, on held: String?) -> String? {
    switch command.words[0] {
    case "SET": command.words[2]
    case "INCR": "\((Int64(held ?? "0") ?? 0) + 1)"
    case "APPEND": (held ?? "") + command.words[2]
    case "PEXPIRE", "PERSIST": held
    default: nil
    }
  }

  // MARK: What replicas know

  /// The commands that are done or superseded in what a replica holds, or dropped as dead.
  func known(in held: HeldContent, of node: Int) -> EventSet {
    var known = EventSet()
    for (number, write) in writes {
      let key = write.command.key
      switch write.command.kind {
      case .string:
        guard let version = write.version else {
          known.insert(number)
          continue
        }
        let isHeld = held.versions[key].map { $0 >= version } ?? (version.ticks <= held.floor)
        let isBuried = buried[node]?[key].map { $0 >= version } ?? false
        if isHeld || isBuried { known.insert(number) }
      case .counter:
        if (held.counters[key] ?? 0) & KeyValueCommand.share(number) != 0 { known.insert(number) }
      case .mapCounter:
        let sum = held.counters[KeyValueCommand.counterName(number)] ?? 0
        if sum & KeyValueCommand.share(number) != 0 { known.insert(number) }
      case .set:
        if held.members.contains(KeyValueCommand.value(number)) { known.insert(number) }
      case .siblings: break
      }
    }
    for (_, values) in held.siblings { known.formUnion(past(of: values)) }
    return known
  }

  /// Commands, and all that their writers saw.
  func past(of numbers: EventSet) -> EventSet {
    var past = numbers
    var waiting = numbers.numbers
    while let number = waiting.popLast() {
      for earlier in writes[number]?.seen.numbers ?? [] where !past.contains(earlier) {
        past.insert(earlier)
        waiting.append(earlier)
      }
    }
    return past
  }

  // MARK: What is wrong

  /// What a replica shows that no client wrote, or not so.
  func failure(in held: HeldContent, of replica: Int) -> ReplicaFailure? {
    for (key, effect) in held.strings.sorted(by: { $0.key < $1.key }) {
      guard let time = effect.version else { continue }
      guard let content = contents[Version(key: key, time: time)] else {
        return .init(.wrongValue, "\(replica) has '\(key)' of \(time), which nobody wrote")
      }
      switch effect {
      case .set(_, _, let bytes, _, let expiry):
        let value = String(decoding: bytes, as: UTF8.self)
        if content.value != value || content.expiry != expiry {
          return .init(
            .wrongValue,
            "\(replica) has '\(value)' until \(expiry) under '\(key)', which was written as "
              + "'\(content.value ?? "nothing")' until \(content.expiry)")
        }
      case .expire(_, _, let expiry):
        if content.expiry == 0 || content.expiry != expiry {
          return .init(.wrongExpiry, "\(replica) has ended '\(key)', which had no such end")
        }
      case .delete:
        if content.value != nil {
          return .init(.wrongValue, "\(replica) has deleted '\(key)' with the time of a value")
        }
      case .clear, .floor: break
      }
    }
    for (key, sum) in held.counters.sorted(by: { $0.key < $1.key }) {
      let issued = writes.filter { $0.value.command.counter($0.key) == key }
        .reduce(Int64(0)) { $0 | KeyValueCommand.share($1.key) }
      if sum & ~issued != 0 {
        return .init(.wrongValue, "\(replica) counts \(sum) under '\(key)', of \(issued) at most")
      }
    }
    for (key, values) in held.siblings.sorted(by: { $0.key < $1.key }) {
      for value in values.numbers {
        let seen = past(of: writes[value]?.seen ?? EventSet())
        if let old = values.numbers.first(where: { $0 != value && seen.contains($0) }) {
          return .init(
            .wrongValue, "\(replica) shows \(old) beside \(value), whose writer saw it ('\(key)')")
        }
      }
    }
    return nil
  }

  /// What of `promised` a replica lacks, or has forgotten too early.
  func loss(in held: HeldContent, known: EventSet, promised: EventSet) -> ReplicaFailure? {
    for number in promised.numbers {
      guard let write = writes[number] else { continue }
      let key = write.command.key
      guard known.contains(number) else {
        let isDeletion = write.version != nil && write.command.words[0] == "DEL"
        let shown = held.strings[key].map { "\($0)" } ?? "nothing"
        return .init(
          isDeletion ? .revived : .lostWrite,
          "command \(number) (\(write.command)) was done; '\(key)' holds \(shown)")
      }
      guard let version = write.version, held.versions[key] == nil,
        !contents.contains(where: {
          $0.key.key == key && $0.key.time >= version
            && ($0.value.value == nil || $0.value.expiry != 0)
        })
      else { continue }
      return .init(
        .lostWrite, "command \(number) (\(write.command)) was done; '\(key)' holds nothing")
    }
    return nil
  }
}

/// What a replica holds, in words that the ledger has.
struct HeldContent: Sendable {
  var floor: UInt64 = 0
  var strings: [String: KeyValueEffect] = [:]
  var versions: [String: HybridTime] = [:]
  var counters: [String: Int64] = [:]
  var members: Set<String> = []
  var siblings: [String: EventSet] = [:]
  /// All entries, in the order of their keys.
  var entries: [KeyValueEffect] = []
  /// Deletions and what has expired.
  var dead: Int { entries.count { if case .set = $0 { false } else { true } } }
}
