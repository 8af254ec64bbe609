import EventLog

/// The things of one kind that a log has, for those who look for an identity.
public struct StoryList: Sendable {
  private let kind: StorySubject.Kind
  private let node: String?
  /// Identities in the order of their first records, with what is said of each last.
  private var rows: [(identity: String, time: Int64, text: String)] = []
  private var places: [String: Int] = [:]
  private var leftOut = 0

  /// A list of the things of `kind`, of one node only or of all.
  public init(_ kind: StorySubject.Kind, node: String?) {
    self.kind = kind
    self.node = node
  }

  /// Looks at the next record.
  public mutating func add(_ record: EventRecord) {
    if let node, record.context.node != node { return }
    let record = StoryRecord(record)
    guard let identity = identity(record) else { return }
    let name = node == nil ? "\(identity) at \(record.node)" : identity
    if let place = places[name] {
      rows[place].text = StorySentence.of(record)
      return
    }
    guard rows.count < ReportLimits.storyListMax else {
      leftOut += 1
      return
    }
    places[name] = rows.count
    rows.append((name, record.time, StorySentence.of(record)))
  }

  private func identity(_ record: StoryRecord) -> String? {
    switch kind {
    case .chunk:
      guard record.group == "chunk", case .settles = record.row.role else { return nil }
      return "\(record.sequence)"
    case .block: return record.group == "block" ? record.number(.block).map { "\($0)" } : nil
    case .peer: return record.peer
    case .request: return record.record.request.map { "\($0)" }
    case .snapshot:
      guard ["snapshot", "joining"].contains(record.group) else { return nil }
      return record.number(.block).map { "\($0)" }
    }
  }

  /// One line for each: identity, time of its first record, and the last that is said of it.
  public var text: String {
    let width = rows.map(\.identity.count).max() ?? 0
    var text = "\(kind.rawValue): \(kind.form)\n"
    for row in rows {
      let padding = String(repeating: " ", count: width - row.identity.count)
      text += "  \(row.identity)\(padding)  \(Figures.moment(row.time))  \(row.text)\n"
    }
    if leftOut > 0 { text += "  records of others, which are not shown: \(leftOut)\n" }
    return text
  }

  /// The same as one JSON object with a line feed at the end.
  public var json: String {
    let items = rows.map {
      "{\"id\":\(JSONText.quoted($0.identity)),\"t_ns\":\($0.time),"
        + "\"text\":\(JSONText.quoted($0.text))}"
    }
    return "{\"kind\":\(JSONText.quoted(kind.rawValue)),\n\"found\":["
      + items.joined(separator: ",\n") + "],\n\"left_out\":\(leftOut)}\n"
  }
}
