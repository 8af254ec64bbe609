import Ledger
import Primitives
import StateTrie

extension Block: SyncBlock {}

extension Blockchain: ChainReader {}
