import Glibc
import Primitives
import Reconciliation

/// One side of negentropy over standard input and output, for programs that nobody here wrote.
///
/// Lines in: `item,TIMESTAMP,ID`, `seal` once all items are there, `initiate` for the side that
/// asks, `msg,HEX`. Lines out: `msg,HEX`, or `done` at the end; before them, for the side that
/// asks, `have,ID` and `need,ID`.
@main
struct Main {
  static let usage = """
    usage: negentropy-peer (list|tree) FRAME

      list|tree   how the items are held
      FRAME       bytes of the longest message, 0 without a limit
    """

  static func main() {
    let words = CommandLine.arguments
    guard words.count == 3, let bytes = Int(words[2]),
      let frame = bytes == 0 ? .unlimited : NegentropyFrame(bytesMax: bytes)
    else { end(usage, 2) }
    let items = readItems()
    do throws(ReconciliationError) {
      switch words[1] {
      case "list": try talk(NegentropyList(items), frame)
      case "tree": try talk(NegentropyTree(items), frame)
      default: end(usage, 2)
      }
    } catch { end("\(error)", 1) }
  }

  private static func readItems() -> [NegentropyItem] {
    var items: [NegentropyItem] = []
    while let line = readLine(), line != "seal" {
      let fields = line.split(separator: ",")
      guard fields.count == 3, fields[0] == "item", let timestamp = UInt64(fields[1]),
        let id = Hash256(hex: fields[2]), let item = NegentropyItem(timestamp: timestamp, id: id)
      else { end("no item: \(line)", 2) }
      items.append(item)
    }
    return items
  }

  private static func talk(
    _ storage: some NegentropyStorage, _ frame: NegentropyFrame
  ) throws(ReconciliationError) {
    let server = NegentropyServer(storage, frame: frame)
    var initiator = NegentropyInitiator(storage, frame: frame)
    var isInitiator = false
    while let line = readLine() {
      if line == "initiate" {
        isInitiator = true
        say("msg,\(Hex.string(initiator.begin()))")
        continue
      }
      guard line.hasPrefix("msg,"), let message = Hex.bytes(line.dropFirst(4)) else {
        end("no message: \(line)", 2)
      }
      guard isInitiator else {
        say("msg,\(Hex.string(try server.answer(message)))")
        continue
      }
      let step = try initiator.receive(message)
      for id in step.have { say("have,\(id)") }
      for id in step.need { say("need,\(id)") }
      say(step.message.map { "msg,\(Hex.string($0))" } ?? "done")
    }
  }

  /// Writes a line at once.
  private static func say(_ text: String) {
    var rest = Array((text + "\n").utf8)[...]
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
