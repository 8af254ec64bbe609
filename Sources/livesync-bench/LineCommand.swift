import Foundation
import Locking
import Networking
import Primitives
import Runtime
import Streams
import Transport

/// `livesync-bench line`: how long a header takes while chunks fill the line.
enum LineCommand {
  static let usage = """
    usage: livesync-bench line listen HOST:PORT
           livesync-bench line dial KEY@HOST:PORT [--seconds N] [--ratio N]

    Two processes of one machine, in network namespaces of their own: the first publishes headers of
    600 bytes, one in 50 ms, and answers with chunks of 256 KiB; the second dials it, measures how
    long headers take while the line is idle, then while four requests for chunks are always open,
    and prints one JSON object. The first says its KEY@HOST:PORT and works until its standard input
    ends.

      --seconds N   of each of the two measurements, 1...600 (default 10)
      --ratio N     most of the 99th percentile under load, in hundredths of that of an idle line
                    (default 150)

    Exit codes: 0 done, 1 failed or the ratio is above, 2 unusable arguments.
    """

  private static let headerBytes = 600
  private static let chunkBytes = 256 << 10
  private static let header = Topic(1, name: "header", payloadBytesMax: 1 << 10, traffic: .headers)
  private static let inFlight = 4

  /// Returns the exit code.
  static func run(_ words: [String]) -> Int32 {
    if words.contains("--help") {
      Console.print(usage)
      return 0
    }
    do {
      switch words.first {
      case "listen" where words.count == 2: try listen(words[1])
      case "dial" where words.count >= 2: return try dial(words[1], Array(words.dropFirst(2)))
      default: Main.fail("line needs 'listen HOST:PORT' or 'dial KEY@HOST:PORT'")
      }
      return 0
    } catch {
      Console.error("\(error)")
      return 1
    }
  }

  /// Nanoseconds of a clock that all processes of the machine share.
  private static var clock: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  private static func listen(_ word: String) throws {
    guard let address = SocketAddress(word) else { Main.fail("'\(word)' is no HOST:PORT") }
    let runtime = try EventLoopRuntime()
    let network = TransportNetwork(
      TransportConfiguration(
        network: NetPeer.network, identity: KeyPair(seed: Blake2b256.hash([1])),
        listen: [address]), runtime: runtime, links: SocketMaker(runtime: runtime))
    let chunk = [UInt8](repeating: 7, count: chunkBytes)
    network.serve(NetPeer.bytes) { _, _ in chunk }
    let bound = try Blocking.result { try await network.start() }
    Console.print("\(network.local.identity)@\(bound[0])")
    runtime.spawn("headers") {
      var number: UInt64 = 0
      while (try? await runtime.sleep(for: .milliseconds(50))) != nil {
        number += 1
        var payload = [UInt8](repeating: 0, count: headerBytes)
        payload.withUnsafeMutableBytes { bytes in
          bytes.storeBytes(of: number, as: UInt64.self)
          bytes.storeBytes(of: clock, toByteOffset: 8, as: UInt64.self)
        }
        await network.publish(header, payload)
      }
    }
    while readLine() != nil {}
  }

  private static func dial(_ word: String, _ rest: [String]) throws -> Int32 {
    guard let address = PeerAddress(text: word) else { Main.fail("'\(word)' is no KEY@HOST:PORT") }
    var (seconds, ratio) = (10, 150)
    var words = rest[...]
    while let option = words.popFirst() {
      guard ["--seconds", "--ratio"].contains(option), let text = words.popFirst(),
        let value = Int(text), (1...100_000).contains(value)
      else { Main.fail("'\(option)' cannot be used: see livesync-bench line --help") }
      if option == "--seconds" { seconds = value } else { ratio = value }
    }
    let runtime = try EventLoopRuntime()
    let network = TransportNetwork(
      TransportConfiguration(
        network: NetPeer.network, identity: KeyPair(seed: Blake2b256.hash([2])), peers: [address]),
      runtime: runtime, links: SocketMaker(runtime: runtime))
    let headers = network.subscribe(header)
    _ = try Blocking.result { try await network.start() }
    while network.connectedPeers().isEmpty { Thread.sleep(forTimeInterval: 0.01) }
    let peer = network.connectedPeers()[0]
    let times = Lock<[Double]>([])
    runtime.spawn("headers") {
      for await message in headers {
        let sent = message.payload.withUnsafeBytes {
          $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        }
        times.withLock { $0.append(Double(clock &- sent) / 1e6) }
        network.report(message.id, .ignore)
      }
    }
    func measured() -> [Double] {
      times.withLock { $0 = [] }
      Thread.sleep(forTimeInterval: Double(seconds))
      return times.withLock { $0.sorted() }
    }
    Thread.sleep(forTimeInterval: 1)
    let idle = measured()
    let bytes = Lock(0)
    for _ in 0..<inFlight {
      runtime.spawn("asks") {
        while true {
          let answer = try? await network.send(
            NetPeer.bytes, [], to: peer, timeout: .seconds(60))
          bytes.withLock { $0 += answer?.count ?? 0 }
        }
      }
    }
    // The line is to be full before it is looked at.
    Thread.sleep(forTimeInterval: 3)
    bytes.withLock { $0 = 0 }
    let loaded = measured()
    let rate = Double(bytes.withLock { $0 }) / Double(seconds)
    guard idle.count > 10, loaded.count > 10 else { throw BenchmarkError("no headers came") }
    let share = percentile(loaded, 99) / percentile(idle, 99)
    Console.printJSON(
      "{\"idle_ms\":\(figures(idle)),\"loaded_ms\":\(figures(loaded)),"
        + "\"ratio_p99\":\(rounded(share)),\"chunk_bytes_per_s\":\(Int(rate))}")
    return share * 100 <= Double(ratio) ? 0 : 1
  }

  private static func figures(_ sorted: [Double]) -> String {
    "{\"count\":\(sorted.count),\"p50\":\(rounded(percentile(sorted, 50))),"
      + "\"p99\":\(rounded(percentile(sorted, 99))),\"max\":\(rounded(sorted.last ?? 0))}"
  }

  private static func percentile(_ sorted: [Double], _ percent: Int) -> Double {
    sorted[min(sorted.count - 1, sorted.count * percent / 100)]
  }

  private static func rounded(_ value: Double) -> Double { (value * 1_000).rounded() / 1_000 }
}
