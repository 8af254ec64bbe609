/// Turns plaintext into the records that go over the wire: the length of the ciphertext in two
/// bytes, most significant first, then the ciphertext with its tag.
public struct RecordSealer: ~Copyable {
  /// Bytes that a record is longer than its plaintext.
  public static let overheadBytes = 2 + CipherState.tagBytes
  /// Largest plaintext of a record in bytes.
  public static let plaintextBytesMax = TransportLimits.recordBytesMax - CipherState.tagBytes

  private var cipher: CipherState
  private var counter: RekeyCounter

  public init(_ cipher: consuming CipherState, rekey: RekeySchedule = RekeySchedule()) {
    self.cipher = cipher
    counter = RekeyCounter(rekey)
  }

  /// The record of 1 to `plaintextBytesMax` bytes. Throws `tooShort`, `tooLong`, `nonceExhausted`.
  public mutating func seal(_ plaintext: [UInt8]) throws(RecordError) -> [UInt8] {
    guard !plaintext.isEmpty else { throw .tooShort(bytes: 0, needed: 1) }
    guard plaintext.count <= Self.plaintextBytesMax else {
      throw .tooLong(bytes: plaintext.count, limit: Self.plaintextBytesMax)
    }
    let ciphertext: [UInt8]
    do throws(NoiseError) {
      ciphertext = try cipher.encrypt(plaintext[...])
    } catch { throw .nonceExhausted }
    if counter.isDue(after: plaintext.count) { cipher.rekey() }
    let length = ciphertext.count
    return [UInt8(length >> 8), UInt8(truncatingIfNeeded: length)] + ciphertext
  }
}
