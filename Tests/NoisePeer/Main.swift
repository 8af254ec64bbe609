import Glibc
import Primitives
import Transport

/// One end of a connection over standard input and output, for programs that nobody here wrote.
///
/// Shakes hands, then sends what it has found out (the other end's identity and attachment, and the
/// binding of the connection) in one record, then sends the plaintext of each record back in
/// reverse.
@main
struct Main {
  static let usage = """
    usage: noise-peer (initiator|responder) NETWORK ATTACHMENT REKEY

      NETWORK     64 hexadecimal digits
      ATTACHMENT  hexadecimal digits
      REKEY       records after which keys are replaced
    """

  static func main() {
    let words = CommandLine.arguments
    guard words.count == 5, let network = Hash256(hex: words[2]),
      let attachment = Hex.bytes(words[3]), let rekey = Int(words[4])
    else { end(usage, 2) }
    let role: HandshakeRole = words[1] == "initiator" ? .initiator : .responder
    do {
      try run(role, network: network, attachment: attachment, rekey: RekeySchedule(records: rekey))
    } catch { end("\(error)", 1) }
  }

  private static func run(
    _ role: HandshakeRole, network: Hash256, attachment: [UInt8], rekey: RekeySchedule
  ) throws {
    let own = HandshakeIdentity(
      network: network, identity: KeyPair(seed: Hash256(bytes: random())!),
      staticKeys: AgreementKeyPair(secret: SecretKey(bytes: random())!), attachment: attachment)
    var handshake = PeerHandshake(role, own: own, ephemeralSecret: SecretKey(bytes: random())!)
    write(try handshake.begin())
    var input: ArraySlice<UInt8> = []
    while !handshake.isComplete {
      input = read()
      if input.isEmpty { throw handshake.interruption }
      write(try handshake.receive(&input))
    }
    var session = try handshake.finish(rekey: rekey)
    write(
      try session.sealer.seal(
        session.peer.raw.bytes + session.binding.bytes + session.attachment))
    repeat {
      while let plaintext = try session.opener.next(from: &input) {
        write(try session.sealer.seal(plaintext.reversed()))
      }
      input = read()
    } while !input.isEmpty
  }

  private static func random() -> [UInt8] {
    (0..<32).map { _ in UInt8.random(in: .min ... .max) }
  }

  /// What has come, at least one byte; nothing at the end.
  private static func read() -> ArraySlice<UInt8> {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    let count = Glibc.read(STDIN_FILENO, &buffer, buffer.count)
    return buffer.prefix(max(0, count))
  }

  private static func write(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count <= 0 { end("nobody reads", 1) }
      rest = rest.dropFirst(count)
    }
  }

  private static func end(_ text: String, _ code: Int32) -> Never {
    let line = Array((text + "\n").utf8)
    Glibc.write(STDERR_FILENO, line, line.count)
    exit(code)
  }
}
