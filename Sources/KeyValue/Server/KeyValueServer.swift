import Glibc
import RESP
import Runtime
import Transport

/// A core with its clients: one thread, which is that of the event loop.
///
/// All requests that came by one turn of the loop are one batch: they are executed, then the
/// indexes follow and the effects are committed, then each client gets its replies in one piece.
///
/// `@unchecked Sendable`: touched on the loop's thread only.
///
/// `@exclusivity(unchecked)`: what each request touches; the checks at run time took 4 % of it.
public final class KeyValueServer: @unchecked Sendable {
  let runtime: EventLoopRuntime
  private let clock: WallClock
  private let notice: @Sendable (KeyValueNotice) -> Void
  @exclusivity(unchecked) var core: KeyValueCore
  /// Where effects go; nil: nowhere, so they are lost when the process ends.
  public var log: (any CommitLog)?

  private var listeners: [ClientListener] = []
  private var listenerTickets: [WatchTicket] = []
  var clients: [UInt64: ClientConnection] = [:]
  let waiting = WaitingReplies()
  private var lastClient: UInt64 = 0
  private var tick: TimerTicket?
  /// Whether the indexes catch up, and what had been written at the last tick.
  private var isCatchingUp = false
  private var writtenBefore: UInt64 = 0
  private(set) var isStopped = false
  private let ended: @Sendable () -> Void

  // Of the batch at hand.
  @exclusivity(unchecked) var replies = ReplyBuffer()
  /// Requests of a client that are read and not executed yet.
  @exclusivity(unchecked) var row = RequestRow()
  @exclusivity(unchecked) var touched: [ClientConnection] = []
  @exclusivity(unchecked) var batch: UInt64 = 0
  @exclusivity(unchecked) var isBatchOpen = false
  /// Clients of whom more is to be read or executed in the next batch.
  @exclusivity(unchecked) var unfinished: [ClientConnection] = []
  /// Batches whose replies wait, in order.
  @exclusivity(unchecked) var held: [HeldBatch] = []
  var wantsStop = false
  /// Of a batch that comes from another replica: is told when it is safe, or why it cannot be.
  @exclusivity(unchecked) var taking: ((String?) -> Void)?
  /// No write of a client here is later, in ticks, while there are replicas.
  var lastWrite: UInt64 = 0
  /// Clients that wait for replicas.
  var waiters: [UInt64: WaitingClient] = [:]
  var isLookingAtWaits = false
  /// Clients that wait until all indexes are made anew.
  var repairing: [ClientConnection] = []
  var isRepairing = false
  /// What keeps the data equal to that of other replicas; nil: nothing does.
  package weak var replication: (any ReplicationService)?
  let readBuffer = UnsafeMutableRawBufferPointer.allocate(
    byteCount: KeyValueLimits.readBytes, alignment: 64)

  /// - Parameters:
  ///   - notice: is told what the operator should know.
  ///   - ended: is called when the server has ended, also by SHUTDOWN.
  public init(
    runtime: EventLoopRuntime, clock: WallClock = .system, settings: KeyValueSettings,
    notice: @escaping @Sendable (KeyValueNotice) -> Void,
    ended: @escaping @Sendable () -> Void = {}
  ) {
    self.runtime = runtime
    self.clock = clock
    self.notice = notice
    self.ended = ended
    core = KeyValueCore(settings, at: clock.milliseconds)
  }

  deinit { readBuffer.deallocate() }

  // MARK: Life

  /// Takes clients from now on; gives the address, with the port that was chosen for port 0.
  public func listen(at address: SocketAddress) throws(ListenError) -> SocketAddress {
    let listener = try ClientListener(at: address)
    do throws(EventLoopError) {
      let ticket = try runtime.watch(listener.descriptor) { [weak self] _ in
        self?.acceptAll(listener)
      }
      listenerTickets.append(ticket)
    } catch {
      listener.close()
      throw ListenError(call: error.call, code: error.code)
    }
    listeners.append(listener)
    core.setPort(listener.address.port)
    if tick == nil { scheduleTick() }
    return listener.address
  }

  /// Closes all connections and takes no more.
  public func stop() {
    guard !isStopped else { return }
    isStopped = true
    if let tick { runtime.cancel(tick) }
    for ticket in listenerTickets { runtime.unwatch(ticket) }
    for listener in listeners { listener.close() }
    for client in clients.values.sorted(by: { $0.session.id < $1.session.id }) { close(client) }
    ended()
  }

  /// Does something with the core within a batch.
  public func inBatch<Result>(_ body: (inout KeyValueCore) -> Result) -> Result {
    openBatch()
    return body(&core)
  }

  func tell(_ notice: KeyValueNotice) { self.notice(notice) }

  /// Has the indexes follow while little is written, in slices.
  private func catchUp() {
    let written = core.statistics.written
    let isBusy = written &- writtenBefore > UInt64(KeyValueLimits.settledAtATime)
    writtenBefore = written
    guard !isBusy, !isCatchingUp, core.unsettledCount > 0 else { return }
    isCatchingUp = true
    settleSlice()
  }

  private func settleSlice() {
    core.settle(atMost: KeyValueLimits.settledAtATime)
    isCatchingUp = core.unsettledCount > 0
    guard isCatchingUp else { return }
    runtime.schedule(at: runtime.now.advanced(by: KeyValueLimits.settlePause)) { [weak self] in
      guard let self, !isStopped else { return }
      settleSlice()
    }
  }

  /// What is due without clients: keys whose time is over, a tree that grows.
  private func scheduleTick() {
    let next = runtime.now.advanced(by: KeyValueLimits.tickPause)
    tick = runtime.schedule(at: next) { [weak self] in
      guard let self, !isStopped else { return }
      openBatch()
      core.expireSome()
      catchUp()
      scheduleTick()
    }
  }

  // MARK: Connections

  /// Takes the connections that wait. Word of them comes once, so whatever stops it must start it
  /// again.
  private func acceptAll(_ listener: ClientListener) {
    for _ in 0..<KeyValueLimits.acceptedPerBatch where !isStopped {
      switch listener.accept() {
      case .connection(let descriptor, let address): take(descriptor, address, listener)
      case .nothing: return
      case .turnedAway(let address):
        core.statistics.refusedConnections += 1
        notice(.noDescriptors(from: address.map { "\($0)" } ?? "unknown"))
        return acceptLater(listener)
      case .failed(let call, let code):
        notice(.notAccepted(call: call, code: code))
        return acceptLater(listener)
      }
    }
    acceptLater(listener)
  }

  private func acceptLater(_ listener: ClientListener) {
    let moment = runtime.now.advanced(by: KeyValueLimits.acceptPause)
    runtime.schedule(at: moment) { [weak self] in
      guard let self, !isStopped else { return }
      acceptAll(listener)
    }
  }

  private func take(_ descriptor: Int32, _ address: SocketAddress, _ listener: ClientListener) {
    core.statistics.connections += 1
    guard clients.count < core.settings.clientsMax else {
      core.statistics.refusedConnections += 1
      let refusal: StaticString = "-ERR max number of clients reached\r\n"
      send(descriptor, refusal.utf8Start, refusal.utf8CodeUnitCount, Int32(MSG_NOSIGNAL))
      Glibc.close(descriptor)
      return notice(.tooManyClients(from: "\(address)", max: core.settings.clientsMax))
    }
    lastClient += 1
    var session = ClientSession(
      id: lastClient, address: "\(address)", localAddress: "\(listener.address)",
      at: clock.milliseconds, isAuthenticated: core.settings.password == nil)
    session.descriptor = descriptor
    let client = ClientConnection(descriptor: descriptor, session: session, total: waiting)
    do throws(EventLoopError) {
      client.ticket = try runtime.watch(descriptor) { [weak self, unowned client] in
        self?.isReady(client, $0)
      }
    } catch {
      Glibc.close(descriptor)
      return notice(.notAccepted(call: error.call, code: error.code))
    }
    clients[lastClient] = client
    core.statistics.clients = clients.count
  }

  func close(_ client: ClientConnection) {
    guard !client.isClosed else { return }
    client.isClosed = true
    forgetWait(client)
    if let ticket = client.ticket { runtime.unwatch(ticket) }
    Glibc.close(client.descriptor)
    clients[client.session.id] = nil
    client.dropReplies()
    core.end(&client.session)
    core.statistics.clients = clients.count
  }

  // MARK: Batches

  func openBatch() {
    guard !isBatchOpen else { return }
    isBatchOpen = true
    batch += 1
    core.beginBatch(at: clock.milliseconds)
    noteCheckpoint()
    runtime.soon { [weak self] in self?.endBatch() }
  }

  func endBatch() {
    guard isBatchOpen else { return }
    isBatchOpen = false
    core.finishBatch()
    let outcome = core.hasEffects ? log?.commit(core, batch: batch) ?? .done : .done
    let keys = replication != nil && taking == nil ? writtenKeys : []
    core.endBatch()
    deliver(outcome)
    boundReplies()
    touched.removeAll(keepingCapacity: true)
    replies.clear(keeping: KeyValueLimits.keptReplyBytes)
    if !keys.isEmpty {
      lastWrite = core.lastTicks
      replication?.wrote(keys)
    }
    if wantsStop { return stop() }
    goOn()
  }

  /// The keys that the batch wrote.
  private var writtenKeys: [[UInt8]] {
    var keys: [[UInt8]] = []
    keys.reserveCapacity(core.effectCount)
    core.forEachEffect { keys.append(Array($0.key)) }
    return keys
  }

  /// Takes what comes from another replica in a batch of its own. On the loop's thread, not while
  /// requests are executed.
  /// - Parameters:
  ///   - body: is called once, before this returns.
  ///   - done: is told when what the batch wrote is as safe as what clients are answered, with nil,
  ///     or why it cannot be; before this returns, or later.
  package func take(_ body: (inout KeyValueCore) -> Void, then done: @escaping (String?) -> Void) {
    endBatch()
    openBatch()
    body(&core)
    taking = done
    endBatch()
  }

  /// Goes on with those of whom there is more, in the next batch.
  private func goOn() {
    guard !unfinished.isEmpty else { return }
    let clients = unfinished
    unfinished = []
    runtime.soon { [weak self, clients = Unshared(clients)] in
      for client in clients.value where !client.isClosed {
        client.isUnfinished = false
        self?.work(client)
      }
    }
  }
}

/// Something that stays on the loop's thread.
///
/// `@unchecked Sendable`: see above.
struct Unshared<Value>: @unchecked Sendable {
  let value: Value

  init(_ value: Value) { self.value = value }
}
