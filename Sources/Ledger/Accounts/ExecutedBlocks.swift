import Locking
import Primitives
import StateTrie

/// Remembers what executing the last blocks gave, so that a block is not executed again by every
/// chain of a process that takes it. Thread-safe; oldest out first.
///
/// Nothing is taken on trust. A diff is a function of the transactions, the height, the producer
/// and the values of the accounts that execution reads: a remembered one is used only if the first
/// three are the same, and the chain's own state has each of these values. Where it has not, the
/// block is executed as if nothing was remembered.
public final class ExecutedBlocks: Sendable {
  /// How often a result was remembered and how often a block had to be executed.
  public struct Statistics: Sendable, Equatable {
    public var hits = 0
    public var misses = 0

    public init(hits: Int = 0, misses: Int = 0) {
      self.hits = hits
      self.misses = misses
    }
  }

  /// What is to be executed.
  package struct Question {
    let parent: Hash256
    let bodyRoot: Hash256
    let number: UInt32
    let producer: Address
    let transactions: [Transaction]

    package init(
      parent: Hash256, bodyRoot: Hash256, number: UInt32, producer: Address,
      transactions: [Transaction]
    ) {
      self.parent = parent
      self.bodyRoot = bodyRoot
      self.number = number
      self.producer = producer
      self.transactions = transactions
    }

    fileprivate var key: Key { Key(parent: parent, bodyRoot: bodyRoot) }

    fileprivate func isSame(as other: Question) -> Bool {
      number == other.number && producer == other.producer && transactions == other.transactions
    }
  }

  /// What executing gives.
  package struct Answer: Equatable {
    package let diff: TrieDiff
    /// The diff's root.
    package let root: Hash256
  }

  /// Where to look; a wrong place gives no wrong answer.
  fileprivate struct Key: Hashable {
    let parent: Hash256
    let bodyRoot: Hash256
  }

  fileprivate struct Entry {
    let question: Question
    /// The values that were read, in this order.
    let reads: [Execution.Read]
    let answer: Answer
  }

  fileprivate struct Memory {
    var entries: [Key: Entry] = [:]
    /// Ring of the keys of `entries` in the order they came.
    var order: [Key] = []
    var oldest = 0
    var statistics = Statistics()
  }

  private let memory = Lock(Memory())
  private let capacity: Int

  /// Remembers up to `capacity` blocks (at least one).
  public init(capacity: Int = LedgerLimits.executedBlocksMax) {
    self.capacity = max(1, capacity)
  }

  public var statistics: Statistics { memory.withLock { $0.statistics } }

  /// What executing on `trie` gives, remembered or not.
  package func answer(
    to question: Question, on trie: StateTrie
  ) throws(Execution.Failure) -> Answer {
    let known = memory.withLock { $0.entries[question.key] }
    if let known, known.question.isSame(as: question), try trie.hasAll(of: known.reads) {
      memory.withLock { $0.statistics.hits += 1 }
      return known.answer
    }
    let (diff, reads) = try Execution.run(question, on: trie)
    let entry = Entry(
      question: question, reads: reads, answer: Answer(diff: diff, root: diff.root))
    memory.withLock { memory in
      memory.statistics.misses += 1
      if entry.heapBytes <= LedgerLimits.executedBlockBytesMax {
        memory.remember(entry, capacity: capacity)
      }
    }
    return entry.answer
  }
}

extension ExecutedBlocks.Entry {
  /// Bytes that are kept alive, about.
  fileprivate var heapBytes: Int {
    question.transactions.heapBytes + answer.diff.heapBytes + reads.storageBytes
  }
}

extension ExecutedBlocks.Memory {
  fileprivate mutating func remember(_ entry: ExecutedBlocks.Entry, capacity: Int) {
    let key = entry.question.key
    // Another state may have given another answer to the same question: the newer one is kept.
    guard entries.updateValue(entry, forKey: key) == nil else { return }
    if order.count < capacity {
      order.append(key)
    } else {
      entries[order[oldest]] = nil
      order[oldest] = key
      oldest = (oldest + 1) % capacity
    }
  }
}

extension StateTrie {
  /// True if the state holds all these keys and has these values, read in their order.
  fileprivate func hasAll(of reads: [Execution.Read]) throws(Execution.Failure) -> Bool {
    do throws(TrieError) {
      for read in reads where try !has(read.address.key, read.value) { return false }
      return true
    } catch { throw .storage(LedgerStoreError(error)) }
  }
}
