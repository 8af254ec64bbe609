#if MUTANTS
  import Primitives
#endif

/// Turns bytes from the wire, however they are split, back into the plaintext of records.
///
/// Holds at most one record that is not whole yet: what is beyond stays with the caller.
public struct RecordOpener: ~Copyable {
  private static let headBytes = 2
  private static let ciphertextBytesMin = CipherState.tagBytes + 1

  private var cipher: CipherState
  private var counter: RekeyCounter
  /// What has come of the current record, its length included.
  private var held: [UInt8] = []

  public init(_ cipher: consuming CipherState, rekey: RekeySchedule = RekeySchedule()) {
    self.cipher = cipher
    counter = RekeyCounter(rekey)
  }

  /// Bytes of a record that is not whole yet.
  public var heldBytes: Int { held.count }

  /// Takes bytes off `input` until a record is whole; gives its plaintext, or nil if all of `input`
  /// was taken and the record is not whole. Throws `tooShort`, `decryptFailed`, `nonceExhausted`.
  public mutating func next(
    from input: inout ArraySlice<UInt8>
  ) throws(RecordError) -> [UInt8]? {
    fill(to: Self.headBytes, from: &input)
    guard held.count >= Self.headBytes else { return nil }
    let length = Int(held[0]) << 8 | Int(held[1])
    guard length >= Self.ciphertextBytesMin else {
      throw .tooShort(bytes: length, needed: Self.ciphertextBytesMin)
    }
    fill(to: Self.headBytes + length, from: &input)
    guard held.count == Self.headBytes + length else { return nil }
    let plaintext = try open(held[Self.headBytes...])
    held.removeAll(keepingCapacity: true)
    return plaintext
  }

  private mutating func fill(to count: Int, from input: inout ArraySlice<UInt8>) {
    guard held.count < count else { return }
    let taken = input.prefix(count - held.count)
    held += taken
    input = input.dropFirst(taken.count)
  }

  private mutating func open(_ ciphertext: ArraySlice<UInt8>) throws(RecordError) -> [UInt8] {
    let record = cipher.nonce
    do throws(NoiseError) {
      let plaintext = try cipher.decrypt(ciphertext)
      #if MUTANTS
        if Mutant.isOn(.keyNotReplaced) { return plaintext }
      #endif
      if counter.isDue(after: plaintext.count) { cipher.rekey() }
      return plaintext
    } catch {
      throw error == .nonceExhausted ? .nonceExhausted : .decryptFailed(record: record)
    }
  }
}
