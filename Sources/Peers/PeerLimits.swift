import Ledger
import Networking

/// The named limits of requests, peers and evidence. Units are part of the name or of the type.
public enum PeerLimits {
  // MARK: Assembling header and body

  /// How long a half waits for the other before it is given up.
  public static let halfWait: Duration = .seconds(10)

  // MARK: Requests

  /// Tries a request makes at least before it fails for good, if peers are few.
  public static let requestTriesMin = 4
  /// Tries a request makes at most before it fails for good.
  public static let requestTriesMax = 12
  /// Pause before asking again when there is no peer or none could answer.
  public static let noPeerPause: Duration = .seconds(1)
  /// Time between two looks for a first peer: a block that is asked for when nobody is there yet
  /// must not wait until the chain has gone out of the window.
  public static let peerLookInterval: Duration = .milliseconds(50)
  /// How long a peer that let a request time out is asked after the others.
  public static let demotionTime: Duration = .seconds(60)
  /// How often peers that do not have it yet are asked again before a patient request fails.
  public static let notYetRepeatsMin = 2
  /// Longest pause before they are asked again.
  public static let notYetPauseMax: Duration = .seconds(2)
  /// What happened to one request and was not looked at yet: a try of each peer and its timers.
  public static let requestIncidentsMax = 1_024
  /// Peers asked at a time for one block range or diff, the others because an answer is overdue;
  /// those that are known to be late do not count.
  public static let openTriesMax = 3
  /// Time after which the answer to a request is overdue before it is known how long answers take:
  /// a few round trips around the world.
  public static let hedgeDelayFirst: Duration = .milliseconds(500)
  /// Second requests that one kind of requests has in stock: one for each diff on its way.
  public static let hedgesMax = 5
  /// Good answers that bring one second request into the stock: at most a tenth more traffic.
  public static let answersPerHedge = 10
  /// How often nobody else could be asked while an answer was overdue before the request is sent
  /// again to who was asked already: it may be lost.
  public static let looksBeforeResend = 3
  /// An answer is never overdue before this time: hiccups of a processor are no delay.
  public static let hedgeDelayMin: Duration = .milliseconds(50)
  /// Wait for an answer of another kind before anything is measured.
  public static let patienceFirst: Duration = .seconds(5)
  /// Shortest and longest wait for one once answers are measured. A line on which an answer takes
  /// longer than the longest is none.
  public static let patienceMin: Duration = .seconds(2)
  public static let patienceMax: Duration = .seconds(300)
  /// How often such a wait is doubled while requests of other kinds are answered.
  public static let patienceDoublings = 2
  /// Time that a part of what is fetched in parts should take beyond the round trip.
  public static let partTime: Duration = .seconds(2)
  /// Bytes of such a part before a rate is measured, and at least.
  public static let partBytesFirst = 256 << 10
  public static let partBytesMin = 32 << 10
  /// How many times larger than the part before a part may be.
  public static let partGrowthMax = 4.0

  // MARK: Diff queue

  /// Denials after which a round for a diff is over.
  public static let diffDenialsMax = 4

  // MARK: Range planner: peers

  /// How long a measured throughput is believed: the largest of this time counts.
  public static let bandwidthWindow: Duration = .seconds(10)
  /// How long a measured round trip is believed: the smallest of this time counts.
  public static let roundTripWindow: Duration = .seconds(30)
  /// Candidates kept by one windowed filter.
  public static let filterSamplesMax = 32
  /// Answering times that the 95th percentile is taken of, the latest ones.
  public static let latenciesMax = 128
  /// Answering times needed for it.
  public static let latenciesMin = 8

  // MARK: Shells

  /// Orders (requests, timers) of an actor that its task group has not started yet: room for one
  /// order of each block in the diff queue, the largest number there can be.
  public static let ordersMax = 4_096
  /// Room that an answer of at most `bytes` bytes takes: as it came and decoded. A transaction in
  /// memory takes 2.5 times its bytes on the wire at most, and everything else less than an eighth
  /// more than they are.
  package static func answerRoom(_ type: RequestType, answerBytes bytes: Int) -> Int {
    let isOfBlocks = type == .missingBlocks || type == .block
    return min(bytes / 8 * (isOfBlocks ? 28 : 17), NetworkingLimits.answersBytes.perHolder)
  }

  // MARK: Evidence

  /// Largest evidence of one lie that goes to the log, in bytes: twice the largest chunk that is
  /// asked for. Of what is larger the log only says that it was there.
  public static let evidenceBytesMax = 4 << 20
  /// Most bytes of evidence in the log of one run of a node.
  public static let evidenceLogBytesMax = 32 << 20
  /// Pieces of evidence that a reader of a log puts together at a time.
  public static let evidenceOpenMax = 16

  // MARK: Peers, macro sync and consensus

  /// Peers a node keeps track of.
  public static let peersMax = 256
  /// What was found about where peers stand and was not looked at yet.
  public static let findingsMax = 1_024
  /// Banned peers a node remembers.
  public static let bannedPeersMax = 4_096
}
