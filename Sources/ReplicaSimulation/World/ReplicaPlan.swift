import Runtime

/// All that is drawn from a seed before a world runs: how many replicas, what is asked of them,
/// which faults happen when. What is left, such as latencies, is drawn while it runs.
///
/// Which classes of faults a run has at all is drawn first (swarm testing, Groce et al. 2012).
public struct ReplicaPlan: Sendable {
  /// A command that comes to a replica.
  struct Request: Sendable, Hashable {
    let milliseconds: Int64
    let replica: Int
    /// In the order of time, also when others were dropped; the command is drawn from it.
    let number: Int
  }

  /// A fault that happens at one time.
  struct Strike: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
      /// Nothing passes between those whose bit is set and the others.
      case partition(UInt64, fault: ReplicaFault)
      /// Nothing passes from the first to the second.
      case deaf(from: Int, to: Int)
      /// At the n-th write point from now on.
      case crashAtWrite(Int, write: UInt64, after: Bool)
      case crash(Int)
      case failedWrite(Int, write: UInt64, isFull: Bool)
      case cleanRestart(Int)
      case pause(Int)
      case clockJump(Int, milliseconds: Int64)
      case backup(Int)
      /// Replaces the store of the first by the last backup of the second.
      case restore(Int, of: Int)
    }

    let milliseconds: Int64
    let kind: Kind
    /// How long it lasts, or how long the process is down.
    let duration: Int64
  }

  /// What links do to messages until the faults stop.
  struct Links: Sendable, Hashable {
    var lossPerMillion = 0
    var duplicatePerMillion = 0
    var latencyMax: Int64 = 20
  }

  let seed: UInt64
  let replicas: Int
  var requests: [Request]
  var strikes: [Strike]
  var links: Links
  /// What each wall clock is ahead by at first, in milliseconds.
  var offsets: [Int64]
  /// Ticks that a replica waits to be confirmed before it takes a new id to write.
  let patienceTicks: Int
  /// How changes are exchanged, if nothing else is asked for, and operations that a log holds.
  let exchange: ReplicaProtocol
  let logOperations: Int
  /// When the faults stop.
  let faultMilliseconds: Int64

  /// Wall clocks are at most an hour from the true time.
  static let offsetMax: Int64 = 3_600_000

  init(seed: UInt64, replicasMin: Int = ReplicaSimulationLimits.replicasMin) {
    self.seed = seed
    var random = RandomStream(seed: seed, consumer: RandomConsumer(.swarm))
    let replicas = random.number(
      in: replicasMin...ReplicaSimulationLimits.replicasMax)
    let length = Int64(random.number(in: 8_000...30_000))
    self.replicas = replicas
    faultMilliseconds = length
    patienceTicks = random.below(12)
    var links = Links()
    if random.chance(perMillion: 600_000) { links.lossPerMillion = 1 + random.below(400_000) }
    if random.chance(perMillion: 500_000) { links.duplicatePerMillion = 1 + random.below(300_000) }
    if random.chance(perMillion: 500_000) {
      links.latencyMax = Int64(random.number(in: 50...4_000))
    }
    self.links = links
    let hasSkew = random.chance(perMillion: 500_000)
    offsets = (0..<replicas).map { _ in
      let offset = Int64(random.number(in: -Int(Self.offsetMax)...Int(Self.offsetMax)))
      return hasSkew ? offset : offset % 200
    }
    strikes = Self.strikes(replicas, length, &random)
    requests = Self.requests(replicas, length, &random)
    // Last, so that what was drawn before stays.
    exchange = random.chance(perMillion: 500_000) ? .log : .deltas
    let most =
      random.chance(perMillion: 700_000) ? 6 : ReplicaSimulationLimits.logOperationsMax
    logOperations = random.number(in: ReplicaSimulationLimits.logOperationsMin...most)
  }

  private static func requests(
    _ replicas: Int, _ length: Int64, _ random: inout RandomStream
  ) -> [Request] {
    var times: [(milliseconds: Int64, replica: Int)] = []
    let count = random.number(in: 5...45)
    while times.count < count {
      let replica = random.below(replicas)
      let start = Int64(random.below(Int(length)))
      // Several at once make intervals of more than one change.
      for _ in 0..<(random.chance(perMillion: 250_000) ? random.number(in: 2...5) : 1) {
        times.append((start, replica))
      }
    }
    times.sort { $0.milliseconds < $1.milliseconds }
    return times.enumerated().map { number, time in
      Request(milliseconds: time.milliseconds, replica: time.replica, number: number)
    }
  }

  private static func strikes(
    _ replicas: Int, _ length: Int64, _ random: inout RandomStream
  ) -> [Strike] {
    var strikes: [Strike] = []
    func add(_ at: Int64, _ duration: Int64, _ kind: Strike.Kind) {
      strikes.append(Strike(milliseconds: at, kind: kind, duration: duration))
    }
    for fault in ReplicaFault.allCases where random.chance(perMillion: 350_000) {
      for _ in 0..<random.number(in: 1...3) {
        let at = Int64(random.below(Int(length)))
        let duration = Int64(random.number(in: 100...8_000))
        let one = random.below(replicas)
        let other = (one + 1 + random.below(replicas - 1)) % replicas
        let number = random.next()
        switch fault {
        case .symmetricPartition:
          let all = UInt64(1) << UInt64(replicas) - 1
          add(at, duration, .partition(max(1, number % all), fault: fault))
        case .isolation: add(at, duration, .partition(1 << UInt64(one), fault: fault))
        case .asymmetricPartition: add(at, duration, .deaf(from: one, to: other))
        case .crashAtWrite:
          add(
            at, duration,
            .crashAtWrite(one, write: 1 + number % 6, after: number & 1 << 32 != 0))
        case .crashBetween: add(at, duration, .crash(one))
        case .failedWrite:
          add(at, duration, .failedWrite(one, write: 1 + number % 4, isFull: number & 1 << 32 != 0))
        case .cleanRestart: add(at, duration, .cleanRestart(one))
        case .pause: add(at, duration, .pause(one))
        case .clockJump:
          let jump = Int64(number % UInt64(2 * offsetMax)) - offsetMax
          add(at, duration, .clockJump(one, milliseconds: jump))
        case .restore, .copy:
          let later = Int64(random.below(Int(length)))
          let source = fault == .restore ? one : other
          add(min(at, later), 0, .backup(source))
          add(max(at, later), duration, .restore(one, of: source))
        case .loss, .duplicate, .reorder, .skew: break
        }
      }
    }
    return strikes
  }

  /// In some runs a store is replaced by an old copy of its own, so long after the copy was made
  /// that what was deleted since is forgotten by the others if no clock is wrong.
  mutating func addOldCopy() {
    var random = RandomStream(seed: seed, consumer: RandomConsumer(.swarm, index: 1))
    guard random.chance(perMillion: 300_000) else { return }
    let one = random.below(replicas)
    let (early, late) = (random.number(in: 15...40), random.number(in: 75...95))
    strikes.append(
      Strike(
        milliseconds: faultMilliseconds * Int64(early) / 100, kind: .backup(one), duration: 0))
    strikes.append(
      Strike(
        milliseconds: faultMilliseconds * Int64(late) / 100, kind: .restore(one, of: one),
        duration: Int64(random.number(in: 100...2_000))))
    offsets = offsets.map { $0 % 200 }
  }

  /// The faults of a run as words.
  var description: String {
    var words = strikes.map { "\($0.milliseconds) ms \($0.kind) for \($0.duration) ms" }
    if links.lossPerMillion > 0 { words.append("loss \(links.lossPerMillion) in a million") }
    if links.duplicatePerMillion > 0 {
      words.append("duplicates \(links.duplicatePerMillion) in a million")
    }
    words.append("latency to \(links.latencyMax) ms")
    words.append("clocks ahead by \(offsets) ms")
    return words.joined(separator: ", ")
  }
}
