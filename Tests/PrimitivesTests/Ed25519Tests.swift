import Primitives
import TestSupport
import Testing

@Suite struct Ed25519Tests {
  /// RFC 8032 section 7.1, tests 1 to 3: seed, public key, message, signature.
  static let vectors: [(seed: String, key: String, message: String, signature: String)] = [
    (
      "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e3970"
        + "1cf9b46bd25bf5f0595bbe24655141438e7a100b"
    ),
    (
      "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613"
        + "d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    ),
    (
      "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760"
        + "984dc6594a7c15e9716ed28dc027beceea1ec40a"
    ),
  ]

  @Test func signature_shouldEqualTheStandard() {
    for vector in Self.vectors {
      let pair = KeyPair(seed: Hash256(hex: vector.seed)!)
      let message = Hex.bytes(vector.message)!
      #expect(pair.publicKey.description == vector.key)
      #expect(pair.sign(message).description == vector.signature)
      #expect(pair.publicKey.verify(Signature(bytes: Hex.bytes(vector.signature)!)!, of: message))
    }
  }

  @Test func signature_shouldBeRefused_whenAnythingChanges() {
    let pair = KeyPair(seed: Hash256(hex: Self.vectors[2].seed)!)
    let message: [UInt8] = [0xaf, 0x82]
    let signature = pair.sign(message)
    for bit in 0..<512 {
      var bytes = signature.bytes
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(!pair.publicKey.verify(Signature(bytes: bytes)!, of: message))
    }
    for bit in 0..<256 {
      var bytes = pair.publicKey.raw.bytes
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(!PublicKey(raw: Hash256(bytes: bytes)!).verify(signature, of: message))
    }
    for other in [[], [0xaf], [0xaf, 0x83], [0xaf, 0x82, 0]] as [[UInt8]] {
      #expect(!pair.publicKey.verify(signature, of: other))
    }
    #expect(!pair.publicKey.verify(.zero, of: message))
    #expect(!PublicKey(raw: .zero).verify(.zero, of: message))
    #expect(Signature(bytes: Array(signature.bytes.dropLast())) == nil)
    #expect(Signature(bytes: signature.bytes + [0]) == nil)
  }

  /// The scalar plus the group order signs the same in lax verifiers; a strict one refuses it.
  @Test func signature_shouldBeRefused_whenItsScalarIsNotReduced() {
    let order = Hex.bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")!
    let pair = KeyPair(seed: Hash256(hex: Self.vectors[0].seed)!)
    var bytes = pair.sign([]).bytes
    var carry = 0
    for index in 0..<32 {
      let sum = Int(bytes[32 + index]) + Int(order[index]) + carry
      bytes[32 + index] = UInt8(sum & 255)
      carry = sum >> 8
    }
    #expect(carry == 0)
    #expect(!pair.publicKey.verify(Signature(bytes: bytes)!, of: []))
  }

  @Test func keysAndSignatures_shouldRoundTrip() throws {
    let pair = KeyPair(seed: .zero)
    let signature = pair.sign([1, 2, 3])
    #expect(try PublicKey(wireBytes: pair.publicKey.wireBytes) == pair.publicKey)
    #expect(try Signature(wireBytes: signature.wireBytes) == signature)
    #expect(signature.wireBytes == signature.bytes)
  }
}
