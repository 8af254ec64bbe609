/// One entry point for bytes from outside, and what must hold whatever they are.
public struct FuzzTarget: Sendable {
  /// What `make fuzz TARGET=` calls it.
  public let name: String
  /// Honest inputs to start from, the same every time.
  public let seeds: @Sendable () -> [[UInt8]]
  private let check: @Sendable ([UInt8]) throws -> Void

  package init(
    _ name: String, seeds: @escaping @Sendable () -> [[UInt8]],
    check: @escaping @Sendable ([UInt8]) throws -> Void
  ) {
    self.name = name
    self.seeds = seeds
    self.check = check
  }

  /// What is wrong with what was made of `input`, nil if nothing is. A trap is a finding too.
  public func finding(in input: [UInt8]) -> FuzzFinding? {
    do {
      try check(input)
      return nil
    } catch let finding as FuzzFinding {
      return finding
    } catch {
      return FuzzFinding("an error that is none of the input's: \(error)")
    }
  }

  /// All entry points.
  public static let all: [FuzzTarget] =
    wire + transport + production + snapshot + returning + sketches + reconciliationTrees
    + difference + transfer + deltas + keyValue + keyValueFiles
    + keyValueReplication + [
      abci, ranges, syncMessages,
      eventLog, storeHeader, storeRecord, scenario, fixture, chunkVerification, proofVerification,
      diffApplication, storedTrie, replicated, replicatedText, replicatedMerges,
      pieces,
    ]
}

/// Something that must not be.
public struct FuzzFinding: Error, Sendable, CustomStringConvertible {
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// Throws a finding unless the condition holds.
func demand(_ condition: Bool, _ description: @autoclosure () -> String) throws {
  if !condition { throw FuzzFinding(description()) }
}
