import Ledger
import Primitives
import StateTrie

extension Block: SyncBlock {
  public var isMacro: Bool { kind.isMacro }
}

extension Blockchain: ChainReader {}
