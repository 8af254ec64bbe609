import Daemon
import Foundation
import Ledger
import Networking
import Primitives
import Production
import Runtime
import Streams
import Transport

/// The other process of the network benchmarks: it says where it listens in one line, works until
/// its standard input ends, and says in one line what it took.
enum NetPeer {
  static let network = Blake2b256.hash(Array("livesync-bench".utf8))
  /// Answers with as many bytes as the four bytes of the question say.
  static let bytes = RequestType(
    1, name: "bytes", responseBytesMax: 8 << 20, perWindowMax: .max, traffic: .chunks)

  /// What a process has taken.
  struct Usage {
    let processorSeconds: Double
    /// Resident bytes that are no mapped file.
    let anonymousBytes: Int

    static var own: Usage {
      var usage = rusage()
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
      return Usage(
        processorSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime),
        anonymousBytes: anonymous)
    }

    private static var anonymous: Int {
      let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
      let line = text.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
      let digits = line?.filter(\.isNumber) ?? ""
      return (Int(digits) ?? 0) << 10
    }
  }

  /// `livesync-bench net-peer ROLE …`. Returns the exit code.
  static func run(_ words: [String]) -> Int32 {
    do {
      switch words.first {
      case "transport": try serveTransport()
      case "chain" where words.count == 4:
        try serveChain(folder: words[1], genesis: words[2], accounts: Int(words[3]) ?? 0)
      default: return 2
      }
      return 0
    } catch {
      Console.error("\(error)")
      return 1
    }
  }

  static func transport(
    _ runtime: EventLoopRuntime, seed: UInt8, peers: [PeerAddress] = [], listens: Bool
  ) -> TransportNetwork {
    var configuration = TransportConfiguration(
      network: network, identity: KeyPair(seed: Blake2b256.hash([seed])),
      listen: listens ? [SocketAddress(.v4(0x7f00_0001), port: 0)] : [], peers: peers)
    configuration.limits.inboundMax = 1_000
    configuration.limits.handshakesMax = 1_000
    return TransportNetwork(configuration, runtime: runtime, links: SocketMaker(runtime: runtime))
  }

  private static func serveTransport() throws {
    let runtime = try EventLoopRuntime()
    let network = transport(runtime, seed: 1, listens: true)
    let content = (0..<bytes.responseBytesMax).map { UInt8(truncatingIfNeeded: $0) }
    network.serve(bytes) { _, question in
      Array(content.prefix(question.prefix(4).reduce(0) { $0 << 8 | Int($1) }))
    }
    let bound = try Blocking.result { try await network.start() }
    announce(network.local.identity.key, bound[0])
    untilInputEnds()
  }

  private static func serveChain(folder: String, genesis: String, accounts: Int) throws {
    let keys = [KeyPair(seed: Blake2b256.hash([7]))]
    guard
      let validators = ValidatorSet(keys.map { Validator(publicKey: $0.publicKey, slots: 4) })
    else { throw BenchmarkError("no validators") }
    let file = try GenesisFile(
      configuration: ChainConfiguration(slotCount: 4), timestamp: 1, validators: validators,
      generated: GeneratedAccounts(count: accounts, seed: 1))
    try OutputFile(path: genesis).write(Array(file.json.utf8))
    var settings = NodeSettings()
    settings.data = folder
    settings.genesis = genesis
    settings.state = .genesis
    settings.listen = [SocketAddress(.v4(0x7f00_0001), port: 0)]
    settings.logLevel = .error
    let own = settings
    let build = ProgramBuild(version: "bench", commit: "", toolchain: "", mode: "release")
    let node = try Blocking.result { try await NodeProcess.start(own, build: build) }
    let working = Task.detached { await node.run() }
    announce(node.identity.publicKey, node.listening[0])
    untilInputEnds()
    node.stop()
    Blocking.result { await working.value }
  }

  private static func announce(_ key: PublicKey, _ address: SocketAddress) {
    Console.print("\(key)@\(address)")
  }

  /// Each line asks for what was taken so far.
  private static func untilInputEnds() {
    while readLine() != nil {
      let usage = Usage.own
      Console.print("\(usage.processorSeconds) \(usage.anonymousBytes)")
    }
  }
}

/// A running `net-peer`.
final class PeerProcess {
  let address: PeerAddress
  private let process = Process()
  private let input = Pipe()
  private let output: FileHandle

  init(_ words: [String]) throws {
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = ["net-peer"] + words
    process.standardInput = input
    process.standardOutput = pipe
    output = pipe.fileHandleForReading
    try process.run()
    guard let line = Self.line(output), let address = PeerAddress(text: line) else {
      process.terminate()
      throw BenchmarkError("the other process did not start")
    }
    self.address = address
  }

  /// What it has taken so far.
  func usage() throws -> NetPeer.Usage {
    try input.fileHandleForWriting.write(contentsOf: Array("\n".utf8))
    let words = Self.line(output)?.split(separator: " ") ?? []
    guard words.count == 2, let seconds = Double(words[0]), let bytes = Int(words[1]) else {
      throw BenchmarkError("the other process has ended")
    }
    return NetPeer.Usage(processorSeconds: seconds, anonymousBytes: bytes)
  }

  func end() {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  private static func line(_ handle: FileHandle) -> String? {
    var bytes: [UInt8] = []
    while let next = try? handle.read(upToCount: 1), let byte = next.first {
      if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(byte)
    }
    return nil
  }
}
