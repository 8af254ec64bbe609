import EventLog

extension Story {
  /// The story as text: the answer, then its records in the order of time.
  public var text: String {
    let width = max(8, answer.map(\.label.count).max() ?? 0)
    var text = "\(target.subject.kind.rawValue) \(target.subject.identity) at \(target.node)\n"
    for line in answer {
      text += "  \(line.label)\(Self.blanks(width + 2 - line.label.count))\(line.text)\n"
    }
    text += "\n"
    for step in folded { text += step + "\n" }
    if leftOut > 0 { text += "  and \(leftOut) records more, which are not shown\n" }
    return text
  }

  /// The story as one JSON object with its keys in fixed order and a line feed at the end.
  public var json: String {
    let lines = answer.map {
      "{\"about\":\(JSONText.quoted($0.label)),\"text\":\(JSONText.quoted($0.text))}"
    }
    let counts = tally.sorted { $0.key < $1.key }.map { "\(JSONText.quoted($0.key)):\($0.value)" }
    return "{\"kind\":\(JSONText.quoted(target.subject.kind.rawValue)),"
      + "\"id\":\(JSONText.quoted(target.subject.identity)),"
      + "\"node\":\(JSONText.quoted(target.node)),\n"
      + "\"answer\":[\(lines.joined(separator: ",\n"))],\n"
      + "\"events\":{\(counts.joined(separator: ","))},\n"
      + "\"records\":[\(steps.map(Self.json).joined(separator: ",\n"))],\n"
      + "\"left_out\":\(leftOut)}\n"
  }

  private static func json(_ step: Step) -> String {
    var text = "{\"seq\":\(step.sequence),\"t_ns\":\(step.time),"
    text += "\"node\":\(JSONText.quoted(step.node)),\"event\":\(JSONText.quoted(step.event)),"
    text += "\"level\":\(JSONText.quoted(step.level.rawValue))"
    switch step.link {
    case .cause(let cause): text += ",\"by\":\"cause\",\"cause\":\(cause)"
    case .request(let request): text += ",\"by\":\"request\",\"req\":\(request)"
    case .order: text += ",\"by\":\"order\""
    case nil: break
    }
    return text + ",\"text\":\(JSONText.quoted(step.text))}"
  }

  /// A line for each record, where many alike follow each other one for all of them.
  private var folded: [String] {
    var lines: [String] = []
    var index = 0
    while index < steps.count {
      let step = steps[index]
      let isRoutine = step.level == .debug || step.level == .info
      let run = isRoutine ? steps[index...].prefix { $0.event == step.event }.count : 1
      lines.append(Self.line(step))
      if run >= Self.foldFrom {
        let end = steps[index + run - 1]
        lines.append(
          "\(Self.blanks(Self.timeWidth))  … \(run - 1) more \(step.event) until "
            + Figures.moment(end.time))
        index += run
      } else {
        index += 1
      }
    }
    return lines
  }

  /// As many alike that follow each other are shown as one.
  private static let foldFrom = 5
  private static let timeWidth = 11

  private static func line(_ step: Step) -> String {
    let moment = Figures.moment(step.time)
    let by =
      switch step.link {
      case .cause(let cause): "  (by #\(cause))"
      case .request(let request): "  (request \(request))"
      case .order, nil: ""
      }
    return blanks(timeWidth - moment.count) + "\(moment)  #\(step.sequence)  \(step.text)\(by)"
  }

  private static func blanks(_ count: Int) -> String {
    String(repeating: " ", count: max(0, count))
  }
}
