import EventLog
import Foundation
import Locking
import Primitives
import Reports
import Simulation
import Streams

/// Runs the seeds of a campaign in several processes and keeps their results.
final class CampaignRun: Sendable {
  private struct State {
    var summary: CampaignSummary
    /// Index of the next seed that nobody has.
    var next = 0
    /// Seeds that this call has run.
    var ran = 0
    /// Results from before.
    var known = CampaignResults()
    var file: AppendedFile?
    /// Why no result can be kept any more, or no process started.
    var failure: (any Error)?
    var workers: [Int: SeedWorker] = [:]
    var meter = ProgressMeter()
    /// The command ends: nobody begins anything.
    var isOver = false
  }

  private let campaign: SimulateCommand.Campaign
  private let state: Lock<State>
  private let started = ContinuousClock.now

  init(_ campaign: SimulateCommand.Campaign) throws {
    self.campaign = campaign
    var state = State(summary: campaign.summary)
    if let path = campaign.path { try Self.open(path, campaign, &state) }
    self.state = Lock(state)
  }

  /// Opens the file of results and takes in what an earlier run has left there.
  private static func open(
    _ path: String, _ campaign: SimulateCommand.Campaign, _ state: inout State
  ) throws {
    let file = try AppendedFile(path: path)
    guard campaign.isResumed || file.isEmpty else {
      throw UsageError("'\(path)' holds results already; go on with them by '--resume'")
    }
    var reader = ResultReader()
    var known = CampaignResults(of: campaign.identity)
    do {
      try file.read { piece in
        try reader.read(piece) { result throws(CampaignError) in
          guard campaign.seeds.contains(result.seed), try known.add(result) else { return }
          state.summary.add(result)
        }
      }
    } catch let error as CampaignError {
      throw UsageError("\(path): \(error)")
    }
    if reader.cutBytes > 0 { try file.cut(to: reader.wholeBytes) }
    state.known = known
    state.file = file
  }

  func run() throws -> ExitCode {
    if !campaign.isJSON {
      let share = campaign.seeds.shard == .whole ? "" : "  shard \(campaign.seeds.shard)"
      let what = (campaign.summary.isDrawn ? "profile " : "") + campaign.identity.profile
      Console.print("simulate  \(what)  seeds \(campaign.seeds.span)\(share)")
      let known = state.withLock { $0.known.count }
      if known > 0 { Console.print("resumed   \(known) seeds have run before") }
    }
    let interruption = Interruption { number in
      let summary = self.end()
      self.show(summary)
      let code = SimulateCommand.exitCode(summary.verdict)
      return code == .pass ? 128 + number : code.rawValue
    }
    let jobs = max(1, min(campaign.jobs, campaign.seeds.count))
    let threads = (0..<jobs).map { job in
      let done = DispatchSemaphore(value: 0)
      Thread.detachNewThread {
        self.work(job)
        done.signal()
      }
      return done
    }
    for thread in threads { thread.wait() }
    // From here on it is too late for an interruption.
    interruption.end()
    let summary = end()
    show(summary)
    let code = SimulateCommand.exitCode(summary.verdict)
    guard let failure = state.withLock({ $0.failure }) else { return code }
    Console.error("\(failure)")
    if code != .pass { return code }
    return (failure as? StreamError)?.isLoss == true ? .lost : .usage
  }

  /// Ends every process; returns what was found so far.
  private func end() -> CampaignSummary {
    state.withLock { state in
      state.isOver = true
      for (_, worker) in state.workers.sorted(by: { $0.key < $1.key }) { worker.end() }
      state.workers = [:]
      do { try state.file?.synchronize() } catch { state.failure = state.failure ?? error }
      return state.summary
    }
  }

  /// Runs one seed after another in a process of its own.
  private func work(_ job: Int) {
    while let seed = takeSeed() {
      var tries = 0
      while true {
        tries += 1
        do {
          guard let worker = try worker(job) else { return }
          let result = try worker.run(seed)
          keep(result)
          break
        } catch let error as SeedWorker.Loss {
          drop(job)
          // Somebody else may have ended it; what ends it twice is the seed.
          guard tries >= CampaignLimits.triesMax else { continue }
          keep(
            SeedResult(
              crashed: error.reason, seed: seed, campaign: campaign.identity, wallNanoseconds: 0))
          break
        } catch {
          return fail(error)
        }
      }
    }
  }

  /// The next seed that has no result; nil if there is none, or the campaign is over.
  private func takeSeed() -> UInt64? {
    state.withLock { state in
      guard !state.isOver, state.failure == nil else { return nil }
      while state.next < campaign.seeds.count {
        let seed = campaign.seeds[state.next]
        state.next += 1
        if !state.known.contains(seed) { return seed }
      }
      return nil
    }
  }

  /// The process of a job, started if there is none; nil if the campaign is over.
  private func worker(_ job: Int) throws -> SeedWorker? {
    try state.withLock { state in
      if state.isOver { return nil }
      if let worker = state.workers[job] { return worker }
      // Within the lock, so that no process inherits what belongs to another.
      let worker = try SeedWorker(campaign.words)
      state.workers[job] = worker
      return worker
    }
  }

  private func drop(_ job: Int) {
    state.withLock { state in
      if !state.isOver { state.workers[job]?.end() }
      state.workers[job] = nil
    }
  }

  private func fail(_ error: any Error) {
    state.withLock { $0.failure = $0.failure ?? error }
  }

  private func keep(_ result: SeedResult) {
    state.withLock { state in
      guard !state.isOver, state.failure == nil else { return }
      do { try state.file?.append(Array("\(result.line)\n".utf8)) } catch {
        state.failure = error
        return
      }
      state.summary.add(result)
      state.ran += 1
      let done = state.summary.count
      let tenths = state.ran * 10_000 / max(1, Int(elapsed))
      state.meter.show(
        done * 1_000_000 / campaign.seeds.count,
        "\(done) of \(campaign.seeds.count) seeds, \(state.summary.failureCount) failed, "
          + "\(tenths / 10).\(tenths % 10) seeds/s",
        startingAt: state.known.count * 1_000_000 / campaign.seeds.count)
    }
  }

  private var elapsed: Int64 { started.duration(to: .now).milliseconds }

  private func show(_ summary: CampaignSummary) {
    Console.endProgress()
    let (ran, path) = state.withLock { ($0.ran, $0.file?.path) }
    let frame = CampaignSummary.Frame(
      events: EventSchema.livesync.entries.map(\.name), milliseconds: Int(elapsed), seeds: ran,
      replay: campaign.replay)
    if campaign.isJSON {
      let out = path.map(JSONText.quoted) ?? "null"
      Console.printJSON(summary.json(frame, adding: [("results", out)]))
    } else {
      if let path { Console.print("results   \(PrintableText.line(path))") }
      Console.print(summary.text(frame))
    }
  }
}
