import Networking
import Primitives
import Reconciliation
import Runtime

/// What became of what a session of another replica gave.
struct AnsweredSession {
  let peer: PeerID
  let session: SyncSessionID
  /// What it compares with. Whoever answers keeps the latest ones.
  weak var view: KeyValueView?
  var tally = StoreTally()
  /// Whether it was asked what the session says of the indexes. The end of a session may be asked
  /// for several times.
  var isJudged = false
}

/// The end of sessions: what became of what was given, and values that are too long for them.
extension AntiEntropy {
  // MARK: Own sessions

  /// Exchanges the large values of a session, and asks what became of what it gave.
  func finish(_ run: RunningSession, _ id: SyncSessionID) async -> AntiEntropyOutcome {
    var outcome = run.outcome
    switch outcome.end {
    case .incomplete(.disconnected), .incomplete(.notStarted): return outcome
    default: break
    }
    do throws(AntiEntropyFailure) {
      for record in run.wanted.prefix(KeyValueLimits.largeRecordsMax) {
        outcome.received.add(try await fetch(record, from: run.peer))
      }
      let settled = try await settle(run, id)
      outcome.keysSent = Int(clamping: settled.changed)
      guard outcome.end == .exchanged else { return outcome }
      let (here, there) = (outcome.received.refused, Int(clamping: settled.refused))
      guard here == 0, there == 0 else { throw .refused(here: here, there: there) }
      guard max(run.wanted.count, run.offered.count) <= KeyValueLimits.largeRecordsMax else {
        throw .largeValues("more than \(KeyValueLimits.largeRecordsMax) differ")
      }
      guard outcome.received.count > 0 || settled.taken > 0 else { throw .fruitless }
    } catch {
      // What failed first says more.
      if outcome.end == .exchanged || outcome.end == .equal { outcome.end = .incomplete(error) }
    }
    return outcome
  }

  /// Has the other side fetch what it lacks, and waits until it has.
  private func settle(
    _ run: RunningSession, _ id: SyncSessionID
  ) async throws(AntiEntropyFailure) -> SettleAnswer {
    var large = run.offered.prefix(KeyValueLimits.largeRecordsMax)[...]
    var last = SettleAnswer(taken: 0, changed: 0, refused: 0, missing: 0, fetchedBytes: 0)
    var link = LinkMonitor()
    repeat {
      let part = Array(large.prefix(KeyValueLimits.largeRecordsPerRequest))
      large = large.dropFirst(part.count)
      var pause = KeyValueLimits.settlePauseFirst
      var vain = 0
      while true {
        let answer = try await ask(
          SettleRequest(session: id, large: part), run.peer, &link,
          bytes: part.reduce(64) { $0 + $1.key.count + 64 })
        guard answer.missing > 0 else {
          last = answer
          break
        }
        vain = answer.fetchedBytes > last.fetchedBytes ? 0 : vain + 1
        guard vain < KeyValueLimits.settleVainMax else {
          throw .largeValues("\(run.peer) does not fetch them")
        }
        last = answer
        do { try await runtime.sleep(for: pause) } catch { throw .failed(.cancelled) }
        pause = min(pause * 2, KeyValueLimits.settlePauseMax)
      }
    } while !large.isEmpty
    return last
  }

  private func ask<R: Request>(
    _ request: R, _ peer: PeerID, _ link: inout LinkMonitor, bytes: Int
  ) async throws(AntiEntropyFailure) -> R.Response {
    let begin = runtime.now
    do throws(RequestError) {
      let answer = try await network.request(
        request, to: peer, timeout: link.patience(bytes: bytes))
      link.answered(bytes: bytes, after: begin.duration(to: runtime.now), at: runtime.now)
      return answer
    } catch {
      throw error == .disconnected ? .disconnected : .largeValues("\(R.type) of \(peer): \(error)")
    }
  }

  /// Fetches a content slice by slice, and stores it if it is that of its record. No slice is
  /// longer than a message may be, so no value is too long for the line.
  private func fetch(
    _ record: Record, from peer: PeerID
  ) async throws(AntiEntropyFailure) -> StoreTally {
    let most = StoredContent.headBytes + KeyValueLimits.valueBytesMax
    guard Int(record.size) <= most else {
      throw .largeValues("a record of \(record.size) bytes; \(most) are the most")
    }
    var content: [UInt8] = []
    var link = LinkMonitor()
    while content.count < Int(record.size) {
      let slice = try await ask(
        ContentRequest(id: record.id, offset: UInt32(content.count)), peer, &link,
        bytes: KeyValueLimits.contentSliceBytes)
      guard let bytes = slice.bytes else { throw .overwritten(1) }
      guard !bytes.isEmpty, content.count + bytes.count <= Int(record.size) else {
        told(.fault(peer, .malformed("a slice of \(bytes.count) bytes at \(content.count)")))
        throw .largeValues("a slice of \(bytes.count) bytes at \(content.count)")
      }
      content += bytes
      fetchedBytes += bytes.count
    }
    guard let tally = await store([SyncEntry(record: record, value: content)], of: peer) else {
      throw .largeValues("not stored")
    }
    return tally
  }

  // MARK: Sessions of others

  private func place(of session: SyncSessionID, _ peer: PeerID) -> Int? {
    answered.lastIndex { $0.peer == peer && $0.session == session }
  }

  /// A session begins, or compares anew: the first view is the one that counts.
  func noteOpening(of session: SyncSessionID, by peer: PeerID, _ view: KeyValueView) {
    guard place(of: session, peer) == nil else { return }
    remember(AnsweredSession(peer: peer, session: session, view: view))
  }

  private func remember(_ session: AnsweredSession) {
    if answered.count >= KeyValueLimits.answeredSessionsMax { answered.removeFirst() }
    answered.append(session)
  }

  /// Remembers what became of what a session gave.
  func note(_ tally: StoreTally, _ session: SyncSessionID, of peer: PeerID) {
    if let place = place(of: session, peer) { return answered[place].tally.add(tally) }
    remember(AnsweredSession(peer: peer, session: session, tally: tally))
  }

  /// Answers what became of a session, and begins to fetch what it names.
  func settle(_ request: SettleRequest, of peer: PeerID) -> SettleAnswer {
    let missing = request.large.filter { record in
      !host.withCore { $0.hasNews(record) }
    }
    for record in missing { fetchLater(record, from: peer, for: request.session) }
    let place = place(of: request.session, peer)
    let tally = place.map { answered[$0].tally }
    if missing.isEmpty, let place, !answered[place].isJudged {
      answered[place].isJudged = true
      mend(answered[place].tally, peer, in: answered[place].view, isEqual: false)
    }
    return SettleAnswer(
      taken: UInt64(tally?.count ?? 0), changed: UInt64(tally?.changed ?? 0),
      refused: UInt64(tally?.refused ?? 0),
      missing: UInt64(missing.count), fetchedBytes: UInt64(fetchedBytes))
  }

  /// One after the other, so that no more than one value waits in memory.
  private func fetchLater(_ record: Record, from peer: PeerID, for session: SyncSessionID) {
    guard fetchQueue.count < KeyValueLimits.largeRecordsMax, fetching.insert(record.id).inserted
    else { return }
    fetchQueue.append((record, peer))
    guard !isFetching else { return }
    isFetching = true
    runtime.spawn("key-value large values") { [self] in
      while !fetchQueue.isEmpty {
        let (record, peer) = fetchQueue.removeFirst()
        do throws(AntiEntropyFailure) {
          note(try await fetch(record, from: peer), session, of: peer)
        } catch { told(.notStored(peer, "\(error)")) }
        fetching.remove(record.id)
      }
      isFetching = false
    }
  }

  /// A slice of what is held.
  func slice(_ request: ContentRequest) -> ContentSlice {
    host.withCore { core in
      core.settle()
      guard let number = core.number(of: request.id) else { return ContentSlice(bytes: nil) }
      return ContentSlice(
        bytes: core.content(
          of: number, from: Int(request.offset), bytes: KeyValueLimits.contentSliceBytes))
    }
  }
}
