import Runtime
import Storage

/// Where a replica stands in its world.
struct ReplicaPlace: Sendable, Hashable {
  /// From 0.
  let number: Int
  /// Replicas of the world.
  let count: Int

  init(number: Int, count: Int) {
    self.number = number
    self.count = count
  }

  /// The numbers of all others.
  var others: [Int] { (0..<count).filter { $0 != number } }
}

/// What happens to a replica.
enum ReplicaInput<Command: Sendable>: Sendable {
  /// Time has passed: about half a second since the last one.
  case tick
  /// A client asks for something; the number tells commands apart.
  case command(Command, number: Int)
  /// Bytes came from another replica.
  case message([UInt8], from: Int)
}

/// What a replica wants done.
enum ReplicaAction: Sendable {
  case send([UInt8], to: Int)
  /// The command of this number is done, and what it changed is stored: the client is told so.
  case done(Int)
  /// The command of this number was refused without any effect.
  case refused(Int, String)
  /// A fault that was asked for has come to be felt, and the process goes on.
  case happened(ReplicaFault)
  /// Something that is worth counting.
  case note(ReplicaNote)
  /// Something that must never happen.
  case failed(ReplicaFailure)
}

/// What a replica has and does at one moment: its clock and its random numbers come in, its actions
/// go out.
struct ReplicaMoment: Sendable {
  /// The wall clock of this replica, in milliseconds since 1970. It may be wrong and jump.
  let milliseconds: UInt64
  /// By a clock that never goes back.
  let monotonic: Moment
  var random: RandomStream
  private(set) var actions: [ReplicaAction] = []

  init(milliseconds: UInt64, monotonic: Moment, random: RandomStream) {
    self.milliseconds = milliseconds
    self.monotonic = monotonic
    self.random = random
  }

  mutating func act(_ action: ReplicaAction) { actions.append(action) }
}

/// A replica under test: what goes in and out is plain data, its memory is a value.
///
/// If it throws, it is as it was, and nothing of what it wanted is done: with `closed`, its process
/// has crashed and is opened again from its store, else the store has refused a write.
protocol ReplicaNode: Sendable {
  associatedtype Command: Sendable
  associatedtype Settings: Sendable

  /// Opens the replica that `store` holds, or a new one.
  init(
    at place: ReplicaPlace, _ settings: Settings, in store: any KeyValueStore,
    _ moment: inout ReplicaMoment) throws(StorageError)

  mutating func step(
    _ input: ReplicaInput<Command>, in store: any KeyValueStore, _ moment: inout ReplicaMoment
  ) throws(StorageError)

  /// Ends in order.
  mutating func close(in store: any KeyValueStore) throws(StorageError)
}

/// What is done to replicas of one kind, and what must hold of them.
protocol ReplicaSubject: Sendable {
  associatedtype Node: ReplicaNode

  /// The settings of a replica of this run.
  var settings: Node.Settings { get }
  /// Virtual milliseconds after the faults within which all replicas must agree.
  var convergenceMilliseconds: Int64 { get }

  /// The next command for `node`, drawn from `random`; nil if it has nothing to ask.
  mutating func command(
    number: Int, for node: Node, _ random: inout RandomStream
  ) -> Node.Command?

  /// The numbers of the commands whose effect `node` has.
  func known(to node: Node) -> EventSet

  /// What is wrong with `node` now that the command of this number was done there.
  func failure(after number: Int, at node: Node) -> ReplicaFailure?

  /// What `node` wrongly believes of one of `others`, after a step of it.
  func failure(at node: Node, among others: [Node]) -> ReplicaFailure?

  /// How the replicas differ; nil if they agree.
  func difference(_ nodes: [Node]) -> String?

  /// What is wrong with replicas that agree; `promised` are the commands whose effect must be
  /// there.
  func failure(of nodes: [Node], promised: EventSet) -> ReplicaFailure?
}

extension ReplicaSubject {
  var convergenceMilliseconds: Int64 { ReplicaSimulationLimits.convergenceMillisecondsMax }
}
