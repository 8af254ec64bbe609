import Primitives
import Storage

/// Runs what reads this side's own records.
func held<Output>(
  _ body: () throws(StorageError) -> Output
) throws(ReconciliationError) -> Output {
  do throws(StorageError) {
    return try body()
  } catch {
    throw .unavailable("this side's records: \(error)")
  }
}

/// Runs what reads a message of the other side; `what` names it.
func reading<Output>(
  _ what: String, _ body: () throws(WireError) -> Output
) throws(ReconciliationError) -> Output {
  do throws(WireError) {
    return try body()
  } catch {
    throw .malformed(what, error)
  }
}
