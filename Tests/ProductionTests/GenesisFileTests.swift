import EventLog
import Foundation
import Ledger
import Primitives
import Production
import TestSupport
import Testing

@Suite struct GenesisFileTests {
  static func validators(_ count: Int, slots: Int) throws -> ValidatorSet {
    let list = (0..<count).map { index in
      Validator(
        publicKey: KeyPair(seed: Blake2b256.hash([9, UInt8(index)])).publicKey,
        slots: UInt16(slots / count + (index < slots % count ? 1 : 0)))
    }
    return try #require(ValidatorSet(list))
  }

  static func random(_ generator: inout SeededGenerator) throws -> GenesisFile {
    let validatorCount = 1 + generator.below(5)
    let slots = validatorCount + generator.below(100)
    let accounts = (0..<generator.below(8)).map { index in
      GenesisAccount(
        address: Address(of: PublicKey(raw: Blake2b256.hash([7, UInt8(index)]))),
        account: Account(
          balance: UInt64(1 + generator.below(1_000_000)),
          nonce: UInt64(generator.below(3)), data: generator.bytes(generator.below(20))))
    }
    let count = 1 + generator.below(30)
    let generated = GeneratedAccounts(
      count: count, seed: generator.next(), keyed: generator.below(min(count, 4) + 1),
      balance: UInt64(1 + generator.below(1_000)), dataBytes: generator.below(70))
    return try GenesisFile(
      configuration: ChainConfiguration(
        network: UInt16(generator.below(65_536)),
        blocksPerBatch: UInt32(2 + generator.below(60)),
        batchesPerEpoch: UInt32(1 + generator.below(60)), slotCount: UInt16(slots),
        blockIntervalMilliseconds: UInt64(1 + generator.below(10_000))),
      timestamp: UInt64(generator.below(1 << 40)),
      validators: validators(validatorCount, slots: slots), accounts: accounts,
      generated: accounts.isEmpty || generator.chance(70) ? generated : nil)
  }

  private static func refusal(_ text: String) -> String? {
    do throws(GenesisFileError) {
      _ = try GenesisFile(json: Array(text.utf8), file: "g.json")
      return nil
    } catch { return error.description }
  }

  @Test func file_shouldBeReadAsItWasWritten_whateverIsInIt() throws {
    for seed in 0..<UInt64(60) {
      var generator = SeededGenerator(seed: seed)
      let file = try Self.random(&generator)
      let read = try GenesisFile(json: Array(file.json.utf8), file: "g.json")
      #expect(read == file, "seed \(seed)")
      #expect(read.json == file.json, "seed \(seed)")
      #expect(read.genesis.hash == file.genesis.hash, "seed \(seed)")
      let short = try GenesisFile(
        json: Array(file.json.utf8), file: "g.json", withAccounts: false)
      #expect(short.genesis.block == file.genesis.block, "seed \(seed)")
      #expect(!short.genesis.hasAccounts && short.testKeys.count == file.testKeys.count)
    }
  }

  /// A changed file is refused, or says the same: no typing error makes another chain.
  @Test func changedFile_shouldBeRefusedByPlace_orMeanTheSame() throws {
    for seed in 0..<Campaign.seeds("LIVESYNC_GENESIS_SEEDS", default: 400) {
      var generator = SeededGenerator(seed: seed)
      let file = try Self.random(&generator)
      let bytes = generator.mutated(Array(file.json.utf8))
      do throws(GenesisFileError) {
        let read = try GenesisFile(json: bytes, file: "g.json")
        #expect(read.genesis.hash == file.genesis.hash, "seed \(seed)")
      } catch {
        #expect(error.description.hasPrefix("g.json: line "), "seed \(seed): \(error)")
      }
    }
  }

  @Test func hostileFiles_shouldBeRefused_withPlaceAndReason() throws {
    let file = try GenesisFile(
      configuration: ChainConfiguration(slotCount: 3), timestamp: 5,
      validators: Self.validators(2, slots: 3),
      accounts: [
        .init(
          address: Address(of: PublicKey(raw: .zero)), account: Account(balance: 7))
      ], generated: GeneratedAccounts(count: 3, seed: 1, keyed: 1))
    let text = file.json
    let other = String(repeating: "0", count: 64)
    let validator = file.genesis.validators.validators[0].publicKey.description
    let last = file.genesis.validators.validators[1].publicKey.description
    let address = file.listed[0].address.description
    let cases: [(old: String, new: String, place: String, part: String)] = [
      ("\"network\": 1", "\"network\": 1.0", "line 3, column 14", "network is no whole number"),
      ("\"network\": 1", "\"network\": 65536", "line 3", "from 0 to 65535"),
      ("\"network\": 1", "\"netwrok\": 1", "line 3, column 3", "unknown key 'netwrok'"),
      ("\"network\": 1,\n", "", "line 1, column 1", "the key 'network' is missing"),
      ("\"network\": 1", "\"version\": 1", "line 4", "stands twice"),
      ("\"livesync_genesis\": 1", "\"livesync_genesis\": 2", "line 2", "from 1 to 1"),
      ("\"blocks_per_batch\": 60", "\"blocks_per_batch\": 1", "line 5", "from 2 to 65536"),
      ("\"batches_per_epoch\": 360", "\"batches_per_epoch\": 0", "line 6", "from 1 to 65536"),
      ("\"slots\": 3,", "\"slots\": 4,", "line 7", "validators have 3 together"),
      ("\"slots\": 1}", "\"slots\": 0}", "line 12", "slots is no whole number"),
      ("\"block_interval_ms\": 1000", "\"block_interval_ms\": -1", "line 8", "from 1 to"),
      ("\"timestamp_ms\": 5", "\"timestamp_ms\": \"5\"", "line 9", "timestamp_ms is no whole"),
      (validator, last, "line 12", "comes twice"),
      (validator, validator.uppercased(), "line 11", "64 lower-case hexadecimal digits"),
      ("\"balance\": 7", "\"balance\": 0", "line 15", "neither coins nor data"),
      ("\"balance\": 7", "\"balance\": 18446744073709551616", "line 15", "balance is no whole"),
      ("\"balance\": 7", "\"balance\": 8", "line 18", "but the content has"),
      (address, String(address.dropLast(2)), "line 15", "40 lower-case hexadecimal digits"),
      ("\"count\": 3", "\"count\": 0", "line 17", "count is no whole number"),
      ("\"keyed\": 1", "\"keyed\": 4", "line 17", "from 0 to 3"),
      ("\"data_bytes\": 0", "\"data_bytes\": 9999", "line 17", "from 0 to 1024"),
      (file.genesis.hash.hex, other, "line 19", "hash is \(other)"),
      (
        file.genesis.block.header.stateRoot.hex, other, "line 18", "state_root is \(other)"
      ),
      ("\"validators\": [", "\"validators\": {", "line 11", "a key is missing"),
    ]
    for (old, new, place, part) in cases {
      #expect(text.contains(old), "\(old)")
      let changed = text.replacingOccurrences(of: old, with: new)
      let refusal = try #require(Self.refusal(changed), "\(new) was taken")
      #expect(refusal.hasPrefix("g.json: \(place)") && refusal.contains(part), "\(new): \(refusal)")
    }
    let entry = "    {\"address\": \"\(address)\", \"balance\": 7}"
    let doubled = text.replacingOccurrences(of: entry, with: entry + ",\n" + entry)
    #expect(Self.refusal(doubled)?.hasPrefix("g.json: line 16, column 5: account") == true)
    #expect(Self.refusal("[]")?.contains("is no object") == true)
    #expect(Self.refusal("") != nil && Self.refusal("{") != nil)
    let owned = try #require(file.testKeys.first)
    let clash = text.replacingOccurrences(
      of: address, with: Address(of: owned.publicKey).description)
    #expect(Self.refusal(clash)?.contains("comes twice") == true)
  }

  @Test func accounts_shouldFollowFromTheirSeed_andOnlyTheFirstHaveKeys() throws {
    let plan = GeneratedAccounts(count: 200, seed: 3, keyed: 5, balance: 9, dataBytes: 33)
    let accounts = plan.accounts
    #expect(accounts == plan.accounts && accounts.count == 200 && plan.keys.count == 5)
    #expect(Set(accounts.map(\.address)).count == 200)
    #expect(accounts.allSatisfy { $0.account.balance == 9 && $0.account.data.count == 33 })
    #expect(plan.keys.map { Address(of: $0.publicKey) } == accounts.prefix(5).map(\.address))
    var other = plan
    other.seed = 4
    #expect(Set(other.accounts.map(\.address)).isDisjoint(with: accounts.map(\.address)))
    // A file that was written once must make the same chain for ever.
    #expect(
      Blake2b256.hash(accounts.flatMap(\.wireBytes)).short == "495c3fc8",
      "the accounts of a seed have changed")
  }

  @Test func largestNumberOfKeyedAccounts_shouldBeTheLimit() throws {
    let limit = ProductionLimits.keyedAccountsMax
    let text = try GenesisFile(
      configuration: ChainConfiguration(slotCount: 1), timestamp: 5,
      validators: Self.validators(1, slots: 1),
      generated: GeneratedAccounts(
        count: limit + 1, seed: 1, keyed: 0,
        dataBytes: ProductionLimits.generatedDataBytesMax)
    ).json
    #expect(Self.refusal(text) == nil)
    let more = text.replacingOccurrences(of: "\"keyed\": 0", with: "\"keyed\": \(limit + 1)")
    #expect(Self.refusal(more)?.contains("from 0 to \(limit)") == true)
    let interval = ProductionLimits.blockIntervalMillisecondsMax
    let slow = text.replacingOccurrences(
      of: "\"block_interval_ms\": 1000", with: "\"block_interval_ms\": \(interval + 1)")
    #expect(Self.refusal(slow)?.contains("from 1 to \(interval)") == true)
    let late = ProductionLimits.timestampMillisecondsMax
    let old = text.replacingOccurrences(
      of: "\"timestamp_ms\": 5", with: "\"timestamp_ms\": \(late + 1)")
    #expect(Self.refusal(old)?.contains("from 0 to \(late)") == true)
  }

  @Test func fileOnDisk_shouldBeRead_upToItsLimit() throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/genesis.json"
    var generator = SeededGenerator(seed: 1)
    let file = try Self.random(&generator)
    try file.json.write(toFile: path, atomically: true, encoding: .utf8)
    #expect(try GenesisFile(path: path) == file)
    let blanks = String(
      repeating: " ", count: ProductionLimits.genesisBytesMax + 1 - file.json.utf8.count)
    try (file.json + blanks).write(toFile: path, atomically: true, encoding: .utf8)
    #expect {
      try GenesisFile(path: path)
    } throws: { "\($0)".contains("is larger than \(ProductionLimits.genesisBytesMax) bytes") }
    #expect { try GenesisFile(path: folder.path + "/no") } throws: {
      "\($0)".contains("there is no file")
    }
  }
}
