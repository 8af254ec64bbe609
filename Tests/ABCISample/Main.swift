import Glibc
import Ledger
import Primitives
import Production
import Snapshot
import Storage

/// Makes the data directory of a node that has produced some blocks, and snapshots of both formats
/// in it, for the interop test: `abci-sample DIR GENESIS VALIDATOR-KEYS`. Prints height and state
/// root of each snapshot.
@main struct Main {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 4 else {
      print("usage: abci-sample DIR GENESIS VALIDATOR-KEYS")
      exit(2)
    }
    let genesis = try GenesisFile(path: arguments[2]).genesis
    let keys = try KeyFile.read(.validator, at: arguments[3])
    guard mkdir(arguments[1], 0o700) == 0 else {
      perror(arguments[1])
      exit(1)
    }
    let store = try LMDBStore(path: arguments[1] + "/store", owner: .chain(genesis.hash))
    let chain = try Blockchain(genesis: genesis, state: .complete, store: store)
    let producer = BlockProducer(chain: chain, keys: keys)
    let directory = SnapshotDirectory(path: arguments[1] + "/snapshots")
    var options = SnapshotOptions()
    options.chunkBytes = 300_000
    let epoch = genesis.configuration.blocksPerEpoch
    // One after an epoch, so that an election block leads there, and one of an election block.
    for height in [epoch + genesis.configuration.blocksPerBatch, 2 * epoch] {
      while chain.headNumber < height { try chain.push(producer.next().block) }
      let taken: MacroStateReading<Result<Void, SnapshotError>> = try chain.readMacroState {
        state in
        Result { () throws(SnapshotError) in
          _ = try SnapshotTaking.take(
            state, chain: genesis.hash, into: directory, options: options)
          _ = try HashOnlyTaking.take(
            state, chain: genesis.hash, into: directory,
            compression: height == 2 * epoch ? .gzip : .zlib)
        }
      }
      guard case .read(let result) = taken else {
        print("the state of block \(height) cannot be read")
        exit(1)
      }
      try result.get()
      print(height, chain.head.header.stateRoot.hex)
    }
    try store.close()
  }
}
