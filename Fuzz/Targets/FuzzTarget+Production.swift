import Ledger
import Primitives
import Production

extension FuzzTarget {
  static let production: [FuzzTarget] = [productionWire, genesisFile, keyFile]

  private static let productionWire = wire(
    "wire-production",
    [
      .init(RequestSignatures.self) {
        [true, false].map {
          RequestSignatures(isSkip: $0, parent: .zero, block: .zero, isBinding: !$0)
        }
      },
      .init(SignaturesResponse.self) {
        let signature = FuzzChain.shared.users[0].sign([1])
        return [
          .refused(.tooEarly), .ready([]), .ready([0, 3, 300]),
          .signed([2, 400].map { BlockSignature(signer: $0, signature: signature) }),
        ]
      },
    ])

  /// A genesis file that is read is read again, as the same chain, from what is written of it.
  private static let genesisFile = FuzzTarget(
    "genesis-file",
    seeds: {
      let keys = FuzzChain.shared.users.prefix(2).map(\.publicKey)
      guard
        let validators = ValidatorSet(keys.map { Validator(publicKey: $0, slots: 2) }),
        let file = try? GenesisFile(
          configuration: ChainConfiguration(slotCount: 4), timestamp: 5, validators: validators,
          accounts: [
            .init(
              address: Address(of: keys[0]), account: Account(balance: 7, nonce: 1, data: [1, 2]))
          ], generated: GeneratedAccounts(count: 2, seed: 1, keyed: 1))
      else { return [] }
      return [Array(file.json.utf8)]
    },
    check: { input in
      guard let file = try? GenesisFile(json: input, file: "fuzz") else { return }
      let again = try? GenesisFile(json: Array(file.json.utf8), file: "fuzz")
      try demand(again == file, "a genesis file is written as another one")
    })

  /// The first byte chooses the kind. A key file that is read is what is written of its keys.
  private static let keyFile = FuzzTarget(
    "key-file",
    seeds: {
      let seeds = [Hash256.zero, Blake2b256.hash([1])]
      return [
        [0] + KeyFile.content(.node, seeds: [seeds[0]]),
        [1] + KeyFile.content(.validator, seeds: seeds),
      ]
    },
    check: { input in
      guard let choice = input.first else { return }
      let kinds = KeyFile.Kind.allCases
      let kind = kinds[Int(choice) % kinds.count]
      let bytes = Array(input.dropFirst())
      guard let keys = try? KeyFile.keys(kind, in: bytes, of: "fuzz") else { return }
      let known = Set(keys.map(\.publicKey))
      try demand(
        !keys.isEmpty && known.count == keys.count, "a key file without a key, or with one twice")
      // The seeds are in the file alone: the second word of each line.
      let seeds = bytes.split(separator: UInt8(ascii: "\n")).dropFirst().compactMap { line in
        Hash256(hex: String(decoding: line.suffix(64), as: UTF8.self))
      }
      try demand(
        KeyFile.content(kind, seeds: seeds) == bytes, "a key file is read from other bytes")
    })
}
