import Ledger
import Primitives

/// Accounts that follow from a number and a seed, so that a file need not list them.
///
/// Account `i` of seed `s` is made of BLAKE2b-256(domain, s, i, n), with the integers as LEB128
/// varints. The first `keyed` accounts belong to Ed25519 keys whose seeds are such hashes, so that
/// whoever has the file can send from them: they are for tests. Nobody has the keys of the others.
public struct GeneratedAccounts: Sendable, Hashable {
  /// Accounts in all, 1…`LedgerLimits.genesisAccountsMax`.
  public var count: Int
  /// What all of them follow from.
  public var seed: UInt64
  /// Accounts whose keys follow from the seed, 0…`ProductionLimits.keyedAccountsMax`.
  public var keyed: Int
  /// Coins of each; at least 1.
  public var balance: UInt64
  /// Bytes of data of each, 0…`ProductionLimits.generatedDataBytesMax`.
  public var dataBytes: Int

  public init(
    count: Int, seed: UInt64, keyed: Int = 0, balance: UInt64 = 1_000_000, dataBytes: Int = 0
  ) {
    self.count = count
    self.seed = seed
    self.keyed = keyed
    self.balance = balance
    self.dataBytes = dataBytes
  }

  /// What hashes are made for.
  private enum Purpose: String {
    case key = "livesync generated key"
    case address = "livesync generated address"
    case data = "livesync generated data"
  }

  private func hash(_ purpose: Purpose, _ index: Int, _ number: Int = 0) -> Hash256 {
    var encoder = WireEncoder(capacity: 64)
    encoder.append(purpose.rawValue)
    encoder.append(seed)
    encoder.append(count: index)
    encoder.append(count: number)
    return Blake2b256.hash(encoder.bytes)
  }

  /// The keys of the first accounts, in order. Takes about 20 µs each.
  public var keys: [KeyPair] {
    (0..<min(keyed, count)).map { KeyPair(seed: hash(.key, $0)) }
  }

  /// All accounts, in the order of their numbers.
  public var accounts: [GenesisAccount] {
    let owners = keys.map { Address(of: $0.publicKey) }
    return (0..<count).map { index in
      let address =
        index < owners.count
        ? owners[index]
        : Address(prefix: hash(.address, index))
      return GenesisAccount(
        address: address, account: Account(balance: balance, data: data(index)))
    }
  }

  private func data(_ index: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < dataBytes {
      bytes += hash(.data, index, bytes.count).bytes.prefix(dataBytes - bytes.count)
    }
    return bytes
  }
}

extension Address {
  /// The address of the first bytes of a hash.
  fileprivate init(prefix hash: Hash256) {
    guard let address = Address(bytes: hash.bytes.prefix(Address.byteCount)) else {
      preconditionFailure("a hash has \(Hash256.byteCount) bytes")
    }
    self = address
  }
}
