import Daemon
import Foundation
import Ledger
import Locking
import Networking
import Primitives
import Production
import Runtime
import Streams
import Transport

/// `livesync-bench net`.
enum NetCommand {
  static let usage = """
    usage: livesync-bench net [--accounts N] [--seconds N] [--json] [--write FILE]

    Measures two processes that talk over TCP on this machine, encrypted as between nodes: bytes a
    second of large answers and processor time for them; small questions and answers a second on
    one connection; memory of idle connections; and a node that syncs all accounts of another one
    into its store on disk.

      --accounts N   accounts of the node that is synced, 1000...5000000 (default 1000000)
      --seconds N    of each measurement of the transport, 1...60 (default 5)
      --json         print one JSON object instead of a table
      --write FILE   also replace the section 'net' of this Markdown file, or add it
      --help         print this text

    Exit codes: 0 done, 1 failed, 2 unusable arguments or file, 5 done, but the output could not be
    written, 141 nobody reads the output any more.
    """

  struct Options {
    var accounts = 1_000_000
    var seconds = 5
    var asJSON = false
    var file: String?

    /// Ends the program if a word is of no use.
    init(_ words: [String]) {
      var rest = words[...]
      while let option = rest.popFirst() {
        if option == "--json" {
          asJSON = true
          continue
        }
        guard ["--accounts", "--seconds", "--write"].contains(option) else {
          Main.fail("unknown option '\(option)'")
        }
        guard let text = rest.popFirst() else { Main.fail("\(option) needs a value") }
        switch option {
        case "--accounts": accounts = Self.number(option, text, 1_000...5_000_000)
        case "--seconds": seconds = Self.number(option, text, 1...60)
        default: file = text
        }
      }
    }

    private static func number(_ option: String, _ text: String, _ range: ClosedRange<Int>) -> Int {
      guard let value = Int(text), range.contains(value) else {
        Main.fail(
          "\(option) needs a number from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
      }
      return value
    }
  }

  /// One measured figure.
  struct Figure {
    let name: String
    let value: Double
    let unit: String
    /// What it is meant to reach; nil: nothing.
    var goal: String?
  }

  /// Returns the exit code.
  static func run(_ words: [String]) -> Int32 {
    if words.contains("--help") {
      Console.print(usage)
      return 0
    }
    SystemMemory.returnLargeBlocks()
    let options = Options(words)
    let page: PerformancePage?
    do { page = try options.file.map(PerformancePage.init(file:)) } catch { Main.fail(error) }
    do {
      let progress = Progress()
      var figures = try TransportBenchmark(seconds: options.seconds, progress: progress).run()
      figures += try StoreOptions.inFolder(FileManager.default.temporaryDirectory.path) { folder in
        try NetSyncBenchmark(accounts: options.accounts, folder: folder, progress: progress).run()
      }
      progress.clear()
      show(figures, asJSON: options.asJSON)
      let command = ShellWord.command(["livesync-bench", "net"] + words)
      try page?.replace(section: "net", with: markdown(figures, command))
      return 0
    } catch {
      Console.error("\(error)")
      return 1
    }
  }

  private static func text(_ value: Double) -> String {
    value >= 100 ? String(format: "%.0f", value) : String(format: "%.3g", value)
  }

  private static func show(_ figures: [Figure], asJSON: Bool) {
    if asJSON {
      let list = figures.map { figure in
        "{\"name\":\"\(figure.name)\",\"value\":\(figure.value),\"unit\":\"\(figure.unit)\"}"
      }
      return Console.printJSON("[\(list.joined(separator: ","))]")
    }
    let width = figures.map(\.name.count).max() ?? 0
    for figure in figures {
      let name = figure.name + String(repeating: " ", count: width - figure.name.count)
      let goal = figure.goal.map { "  (goal: \($0))" } ?? ""
      Console.print("\(name)  \(text(figure.value)) \(figure.unit)\(goal)")
    }
  }

  private static func markdown(_ figures: [Figure], _ command: String) -> String {
    let machine = Machine()
    let rows = figures.map { figure in
      "| \(figure.name) | \(text(figure.value)) | \(figure.unit) | \(figure.goal ?? "") |"
    }
    return """
      ## The network

      `\(command)`, \(machine.cpu), \(machine.cores) cores, \(machine.system),
      commit \(machine.commit).
      Two processes over TCP on one machine, encrypted.

      | figure | value | unit | goal |
      |---|---:|---|---|
      \(rows.joined(separator: "\n"))
      """
  }
}

/// Bytes and questions over one connection, and idle connections.
struct TransportBenchmark {
  let seconds: Int
  let progress: Progress

  private static let largeBytes = 1 << 20
  private static let largeInFlight = 8
  private static let smallBytes = 64
  private static let smallInFlight = 64
  private static let idleConnections = 200

  func run() throws -> [NetCommand.Figure] {
    let other = try PeerProcess(["transport"])
    defer { other.end() }
    progress.show("idle connections")
    let idle = try idle(other)
    let runtime = try EventLoopRuntime()
    defer { runtime.shutdown() }
    let network = NetPeer.transport(runtime, seed: 2, peers: [other.address], listens: false)
    _ = try Blocking.result { try await network.start() }
    let peer = try connected(network)
    progress.show("large answers")
    var figures = try measure(
      "answers of 1 MiB", network, peer, other, runtime, bytes: Self.largeBytes,
      inFlight: Self.largeInFlight)
    progress.show("small answers")
    figures += try measure(
      "answers of 64 bytes", network, peer, other, runtime, bytes: Self.smallBytes,
      inFlight: Self.smallInFlight)
    figures += try measure(
      "answers of 64 bytes, one at a time", network, peer, other, runtime, bytes: Self.smallBytes,
      inFlight: 1)
    Blocking.result { await network.stop() }
    return figures + [idle]
  }

  private func connected(_ network: TransportNetwork) throws -> PeerID {
    for _ in 0..<2_000 {
      if let peer = network.connectedPeers().first { return peer }
      Thread.sleep(forTimeInterval: 0.005)
    }
    throw BenchmarkError("the processes did not connect")
  }

  private func measure(
    _ name: String, _ network: TransportNetwork, _ peer: PeerID, _ other: PeerProcess,
    _ runtime: EventLoopRuntime, bytes: Int, inFlight: Int
  ) throws -> [NetCommand.Figure] {
    let question = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: bytes >> $0) }
    let before = (NetPeer.Usage.own, try other.usage())
    let start = ContinuousClock.now
    let end = start.advanced(by: .seconds(seconds))
    let answers = Blocking.result {
      let counts = Lock(0)
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<inFlight {
          let asking = runtime.spawn("asks") {
            while ContinuousClock.now < end {
              let answer = try? await network.send(
                NetPeer.bytes, question, to: peer, timeout: .seconds(10))
              if answer?.count == bytes { counts.withLock { $0 += 1 } }
            }
          }
          group.addTask { await asking.value }
        }
      }
      return counts.withLock { $0 }
    }
    let time = Double(start.duration(to: .now) / Duration.microseconds(1)) / 1e6
    let after = (NetPeer.Usage.own, try other.usage())
    let own = after.0.processorSeconds - before.0.processorSeconds
    let theirs = after.1.processorSeconds - before.1.processorSeconds
    let perSecond = Double(answers) / time
    guard bytes > 1_000 else {
      return [
        .init(
          name: name, value: perSecond, unit: "a second",
          goal: inFlight > 1 ? "at least 40000" : nil)
      ]
    }
    let megabytes = Double(answers * bytes) / 1e6
    return [
      .init(name: name, value: megabytes / time, unit: "MB/s"),
      .init(
        name: name + ", a core of the end that needs more", value: megabytes / max(own, theirs),
        unit: "MB/s", goal: "at least 400"),
    ]
  }

  /// Memory of the other process for each of many idle connections.
  private func idle(_ other: PeerProcess) throws -> NetCommand.Figure {
    let runtime = try EventLoopRuntime()
    defer { runtime.shutdown() }
    let before = try other.usage().anonymousBytes
    let networks = (0..<Self.idleConnections).map { index in
      NetPeer.transport(
        runtime, seed: UInt8(3 + index), peers: [other.address], listens: false)
    }
    for network in networks { _ = try Blocking.result { try await network.start() } }
    for network in networks { _ = try connected(network) }
    Thread.sleep(forTimeInterval: 1)
    let bytes = try other.usage().anonymousBytes - before
    for network in networks { Blocking.result { await network.stop() } }
    return .init(
      name: "memory of an idle connection", value: Double(bytes / Self.idleConnections) / 1024,
      unit: "KiB", goal: "at most 64")
  }
}

/// A node that syncs all accounts of another one into its store.
struct NetSyncBenchmark {
  let accounts: Int
  let folder: String
  let progress: Progress

  func run() throws -> [NetCommand.Figure] {
    progress.show("a chain of \(accounts) accounts")
    let genesis = folder + "/genesis.json"
    // The other process makes the accounts, so that this one's memory is that of a node.
    let other = try PeerProcess(["chain", folder + "/full", genesis, "\(accounts)"])
    defer { other.end() }
    var settings = NodeSettings()
    settings.data = folder + "/joiner"
    settings.genesis = genesis
    settings.peers = [KeptPeer(other.address)]
    settings.logLevel = .error
    let own = settings
    let build = ProgramBuild(version: "bench", commit: "", toolchain: "", mode: "release")
    let before = (NetPeer.Usage.own, try other.usage())
    let start = ContinuousClock.now
    let node = try Blocking.result { try await NodeProcess.start(own, build: build) }
    let working = Task.detached { await node.run() }
    var peak = 0
    while !node.chain.stateComplete {
      progress.show("syncing: \(node.chain.view.itemCount) accounts")
      peak = max(peak, NetPeer.Usage.own.anonymousBytes)
      guard start.duration(to: .now) < .seconds(600) else { throw BenchmarkError("it takes long") }
      Thread.sleep(forTimeInterval: 0.02)
    }
    let time = Double(start.duration(to: .now) / Duration.microseconds(1)) / 1e6
    let after = (NetPeer.Usage.own, try other.usage())
    node.stop()
    Blocking.result { await working.value }
    return [
      .init(
        name: "accounts synced into a store", value: Double(accounts) / time, unit: "a second",
        goal: "at least 150000"),
      .init(
        name: "the same, a second of the joiner's processor",
        value: Double(accounts) / (after.0.processorSeconds - before.0.processorSeconds),
        unit: "a second"),
      .init(
        name: "the same, a second of the full node's processor",
        value: Double(accounts) / (after.1.processorSeconds - before.1.processorSeconds),
        unit: "a second"),
      .init(
        name: "the joiner's memory beside mapped pages, at most", value: Double(peak) / 1_048_576,
        unit: "MiB", goal: "at most 256"),
    ]
  }
}
