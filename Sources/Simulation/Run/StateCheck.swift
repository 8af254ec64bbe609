import EventLog
import Ledger
import LiveSync
import Node
import Primitives
import StateTrie

/// A broken invariant of a run.
package struct CheckViolation: Sendable, Hashable {
  /// Its name in the manual, such as "S1".
  package let check: String
  /// What was found, for people.
  package let detail: String
  /// The first key that differs, in hexadecimal digits, if keys were compared.
  package var keyPath: String?

  package init(check: String, detail: String, keyPath: String? = nil) {
    self.check = check
    self.detail = detail
    self.keyPath = keyPath
  }
}

/// Compares the state of a node with the oracle's.
package enum StateCheck {
  /// The first of S1 to S3 that does not hold: the leaves held in `ranges` are the oracle's and,
  /// with the missing ranges, all there are; a known root is the header's; a state that lacks
  /// nothing has a root.
  /// - Parameter ranges: by default all, in parts, so that a large state does not stand in memory
  ///   once more.
  package static func compare(
    _ chain: Blockchain, with model: AccountModel, in ranges: [KeyRange] = parts
  ) -> CheckViolation? {
    let head = chain.head
    let missing = chain.missing
    if let root = chain.stateRoot {
      if root != head.header.stateRoot {
        return CheckViolation(
          check: "S3",
          detail: "root \(root.short) at block \(head.number), header \(head.header.stateRoot)")
      }
    } else if missing.isEmpty {
      return CheckViolation(
        check: "S3", detail: "nothing is missing at block \(head.number), but the root is not known"
      )
    }
    for range in ranges {
      let first = LeafComparison(model.accounts(in: range, outside: missing))
      let last = chain.look(at: range, from: first) { $0.take($1, $2) }
      guard var last, last.hasAgreed() else { return difference(chain, model) }
    }
    return nil
  }

  /// S3: the block that a node whose state was complete, and lacks nothing now, moves on to was
  /// really made: it has executed it. (A node that lacks something cannot tell a wrong state root.)
  package static func adoption(
    _ event: Event.Chain, by chain: Blockchain, _ hasMade: (Hash256) -> Bool
  ) -> CheckViolation? {
    switch event {
    case .extended(let number, let hash), .rebranched(let number, let hash, _, _, _):
      guard chain.missing.isEmpty, !hasMade(hash) else { return nil }
      return CheckViolation(
        check: "S3",
        detail: "the node executed block \(number) \(hash.short), which nobody made")
    default: return nil
    }
  }

  /// True if an event tells of a state whose root is not that of its head, and no state can have
  /// it: a liar made the head up.
  package static func isOfMadeUpHead(
    _ event: WatchedEvent, _ hasMade: (Hash256) -> Bool
  ) -> Bool {
    guard case .state(.wrongRoot(_, let hash, _)) = event.group else { return false }
    return !hasMade(hash)
  }

  /// The key space in sixteen parts, one for each first nibble.
  package static let parts: [KeyRange] = {
    let starts = [KeyNibbles.empty] + (1...15).map { KeyNibbles(bytes: [UInt8($0 << 4)]) }
    return zip(starts, starts.dropFirst().map(Optional.some) + [nil]).map {
      KeyRange(start: $0, end: $1)
    }
  }()

  private static func difference(_ chain: Blockchain, _ model: AccountModel) -> CheckViolation {
    let held = chain.items()
    let expected = model.items(outside: chain.missing)
    let different = zip(held, expected).first { $0 != $1 }
    let first = different.map { "\($0.key) or \($1.key)" }
    let shorter = min(held.count, expected.count)
    let key =
      different.map { min($0.key, $1.key) }
      ?? (held.dropFirst(shorter).first ?? expected.dropFirst(shorter).first)?.key
    return CheckViolation(
      check: "S1",
      detail: "\(held.count) accounts at block \(chain.headNumber), the oracle has "
        + "\(expected.count); first difference at \(first ?? "the end")",
      keyPath: key?.hex)
  }
}

/// Compares held leaves, one after another, with the accounts that are expected.
private struct LeafComparison: Sendable {
  private var expected: HeldAccounts
  private var encoder = WireEncoder()
  private var isDifferent = false

  init(_ expected: HeldAccounts) { self.expected = expected }

  /// Takes the next leaf; false if it is not the one that is expected.
  mutating func take(_ key: KeyNibbles, _ value: UnsafeRawBufferPointer) -> Bool {
    guard let (place, account) = expected.next(), place.key == key else {
      isDifferent = true
      return false
    }
    encoder.removeAll()
    encoder.append(account)
    isDifferent = !encoder.bytes.elementsEqual(value)
    return !isDifferent
  }

  /// True if all leaves were those that are expected, and there are no others.
  mutating func hasAgreed() -> Bool { !isDifferent && expected.next() == nil }
}
