import EventLog
import Peers
import Primitives
import Streams

/// `livesync evidence check FILE`
enum EvidenceCheckCommand: Command {
  static let specification = CommandSpecification(
    name: "evidence check",
    summary: "Check the evidence of lies in an event log anew, without a node.",
    positionals: ["FILE"],
    options: [
      .init("--node", "NAME", help: "only what this node wrote down, such as s0"),
      EventLogFile.strictOption,
    ],
    notes: [
      "FILE is an events.jsonl; - reads standard input. The exit code is 0 if all of its evidence",
      "proves what it says, \(ExitCode.refuted.rawValue) if some does not, and "
        + "\(ExitCode.usage.rawValue) if there is none. Evidence proves that a",
      "message is wrong, not who sent it.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let path = arguments.positionals[0]
    let node = arguments.text("--node")
    let (all, cut) = try cases(arguments)
    let cases = all.filter { node == nil || $0.node == node }
    guard !cases.isEmpty else {
      throw UsageError("there is no evidence in \(path)" + (node.map { " of node \($0)" } ?? ""))
    }
    let proven = cases.count(where: \.isProven)
    if arguments.wantsJSON {
      let list = cases.map(\.json).joined(separator: ",")
      Console.printJSON(
        "{\"cases\":[\(list)],\"count\":\(cases.count),\"proven\":\(proven)"
          + "\(cut?.jsonFields ?? "")}")
    } else {
      for entry in cases { Console.print(entry.text) }
      Console.print("\(proven) of \(cases.count) proven")
    }
    return proven == cases.count ? .pass : .refuted
  }

  private static func cases(_ arguments: Arguments) throws -> ([EvidenceCase], EventLogCut?) {
    var cases: [EvidenceCase] = []
    var evidence = EvidenceReader()
    let cut = try EventLogFile(arguments).read { record in
      if let entry = evidence.take(record) { cases.append(entry) }
    }
    return (cases + evidence.finish(), cut)
  }
}

extension EvidenceCase {
  /// Names and JSON values, in fixed order.
  fileprivate var json: String {
    var fields = [
      ("node", JSONText.quoted(node)), ("reporter", "\"\(reporter)\""),
      ("peer", "\"\(accused)\""), ("identity", "\"\(accused.identity)\""),
      ("lie", "\"\(lie.rawValue)\""),
      ("reason", JSONText.quoted(reason)), ("proof", "\"\(proof.hex)\""), ("bytes", "\(bytes)"),
      ("proven", "\(isProven)"),
    ]
    switch result {
    case .failure(let fault): fields.append(("fault", "\"\(fault.reason)\""))
    case .success(let finding):
      fields.append(("finding", JSONText.quoted(finding.reason)))
      if let block = finding.block {
        fields += [("block", "\(block.number)"), ("hash", "\"\(block.hash.hex)\"")]
      }
      if let anchor = finding.anchor {
        fields += [("anchor", "\(anchor.number)"), ("anchor_hash", "\"\(anchor.hash.hex)\"")]
      }
    }
    return "{" + fields.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
  }

  /// One line for people.
  fileprivate var text: String {
    let head =
      "\(PrintableText.line(node)) against \(accused) \(accused.identity)  \(lie.rawValue)  "
    switch result {
    case .failure(let fault): return head + "NOT PROVEN: \(fault)"
    case .success(let finding) where !finding.isProven:
      return head + "NOT PROVEN: \(finding.reason)"
    case .success(let finding):
      let block = finding.block.map { "  block \($0.number) \($0.hash.short)" } ?? ""
      let anchor =
        finding.anchor.map { "  if block \($0.number) \($0.hash.short) is of the chain" } ?? ""
      return head + "proven: \(finding.reason)" + block + anchor
    }
  }
}
