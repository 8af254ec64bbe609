import Ledger
import Primitives
import Storage

/// What the validators of this process have signed, in a store, so that none signs twice, not even
/// after a restart.
///
/// A validator signs at most one block of each kind at each height. Skip blocks on different
/// parents are an exception: they have no content, and a chain whose validators had signed one that
/// its rebranch then reverted would stand still.
///
/// Notes are on the disk before a signature is given away. Those of final heights are removed;
/// nothing is signed there any more.
public final class SignedBlocks: Sendable {
  package static let notes = Namespace("production/signed")
  /// The one record of the height up to which nothing is signed any more.
  private static let floorKey = notes.key()

  private let store: any KeyValueStore

  /// Keeps its notes in `store`, beside whatever else that holds.
  public init(store: any KeyValueStore) { self.store = store }

  /// Notes that `keys` sign the block with this header.
  /// - Parameter final: Height up to which the chain is final.
  /// - Returns: Those of the keys that may sign it: they have signed nothing else of this kind at
  ///   this height. A block that was signed before may be signed again.
  public func claim(
    _ header: BlockHeader, keys: [PublicKey], final: UInt32
  ) throws(StorageError) -> [PublicKey] {
    let free = try store.write { transaction throws(StorageError) -> [PublicKey] in
      let floor = try Self.raiseFloor(to: final, in: &transaction)
      guard header.number > floor else { return [] }
      var free: [PublicKey] = []
      for key in keys {
        let note = Self.note(of: header, by: key)
        if let signed = try transaction.value(of: note) {
          if signed == header.hash.bytes { free.append(key) }
        } else {
          try transaction.put(note, header.hash.bytes)
          free.append(key)
        }
      }
      return free
    }
    try store.synchronize()
    return free
  }

  /// Those of `keys` that may sign the block with this header; notes nothing.
  public func free(
    _ header: BlockHeader, keys: [PublicKey], final: UInt32
  ) throws(StorageError) -> [PublicKey] {
    try store.read { snapshot throws(StorageError) -> [PublicKey] in
      let floor = try snapshot.value(of: Self.floorKey).map(Self.number) ?? 0
      guard header.number > max(floor, final) else { return [] }
      var free: [PublicKey] = []
      for key in keys {
        let signed = try snapshot.value(of: Self.note(of: header, by: key))
        if signed == nil || signed == header.hash.bytes { free.append(key) }
      }
      return free
    }
  }

  /// Removes the notes up to `height` if it is above the floor; returns the floor.
  private static func raiseFloor(
    to height: UInt32, in transaction: inout StoreTransaction
  ) throws(StorageError) -> UInt32 {
    let known = try transaction.value(of: floorKey).map(number)
    guard height > known ?? 0 else { return known ?? 0 }
    // The floor's own key stands before all others.
    try transaction.delete(
      in: StoreRange(in: notes, from: [0], to: height == .max ? nil : bytes(height + 1)))
    try transaction.put(floorKey, bytes(height))
    return height
  }

  /// The height, the kind, and a hash of what else tells one signature from another.
  private static func note(of header: BlockHeader, by key: PublicKey) -> StoreKey {
    let parent = header.kind == .skip ? header.parentHash.bytes : []
    // An election block stands where a macro block would.
    let kind: BlockKind = header.kind == .election ? .macro : header.kind
    return notes.key(
      bytes(header.number) + [kind.rawValue] + Blake2b256.hash(key.raw.bytes + parent).bytes)
  }

  private static func bytes(_ number: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  private static func number(_ bytes: [UInt8]) -> UInt32 {
    bytes.reduce(0) { $0 << 8 | UInt32($1) }
  }
}
