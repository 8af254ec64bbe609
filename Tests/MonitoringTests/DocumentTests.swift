import EventLog
import Foundation
import Monitoring
import Primitives
import TestSupport
import Testing
import monitoring_sample

/// `/status`, `/metrics`, the page and the dashboard, as documents.
@Suite struct DocumentTests {
  private static func status(_ status: NodeStatus) throws -> JSONValue {
    _ = try JSONDocument(parsing: Array(status.json.utf8))
    return try JSONValue(parsing: Data(status.json.utf8))
  }

  @Test func status_shouldBeStrictJSON_withTheNumbersOfTheNode() throws {
    let sample = SampleNode.syncing
    let json = try Self.status(sample)
    #expect(json["name"] == .text("s0 \"harbour\""))
    #expect(json["head"]["number"] == .integer(184_231))
    #expect(json["head"]["hash"] == .text(sample.head.hash.hex))
    #expect(json["lag_blocks"] == .integer(2))
    #expect(json["phase"] == .text("state_sync"))
    #expect(json["state"]["held_ppm"] == .integer(618_311))
    #expect(json["forecast"]["eta_seconds"] == .integer(272))
    #expect(json["forecast"]["snapshot_block"] == .integer(184_020))
    #expect(json["forecast"]["snapshot_hash"] == .text(Blake2b256.hash([3]).hex))
    #expect(json["forecast"]["piece_bytes"] == .integer(93_400_000))
    #expect(json["forecast"]["chunk_bytes"] == .integer(12_700_000))
    #expect(json["ready"] == .bool(false))
    #expect(json["store_failure"] == .null)
    #expect(json["snapshots"]["kept"] == .integer(2))
    #expect(json["snapshots"]["joined_block"] == .integer(184_020))
    #expect(json["snapshots"]["joined_proven"] == .integer(251))
    guard case .array(let missing) = json["state"]["missing"],
      case .array(let peers) = json["peers"],
      case .array(let stalls) = json["stalls"], case .array(let rejected) = json["rejected"]
    else {
      Issue.record("no lists: \(json)")
      return
    }
    #expect(missing.count == 9)
    #expect(missing[0]["start"] == .real(0.055))
    #expect(peers.count == 5)
    #expect(peers[1]["address"] == .text("[2001:db8:40::7]:8443"))
    #expect(peers[4]["round_trip_seconds"] == .null)
    #expect(stalls.map { $0["over"] } == [.bool(false), .bool(true)])
    #expect(stalls[0]["duration_seconds"] == .integer(19))
    #expect(rejected[0]["count"] == .integer(4))
  }

  @Test func status_shouldBeJSON_withoutAnything_andWithTextsThatMeanHarm() throws {
    var identity = SampleNode.syncing.identity
    identity.name = "\"},\u{1b}[2J</script>\n\\"
    let empty = NodeStatus(identity: identity, head: BlockStatus(number: 0, hash: .zero))
    let json = try Self.status(empty)
    #expect(json["name"] == .text(identity.name))
    #expect(json["network_head_number"] == .null)
    #expect(json["forecast"]["verdict"] == .text("unknown"))
    var odd = SampleNode.syncing
    odd.forecast?.hasBytesPerSecond = .infinity
    odd.forecast?.needsBytesPerSecond = .nan
    #expect(try Self.status(odd)["forecast"]["has_bytes_per_second"] == .null)
  }

  @Test func metrics_shouldFollowTheFormat_andTheConventions() throws {
    let text = try MetricsText(SampleNode.syncing.metrics(http: .init()))
    #expect(text.families.count > 40)
    for (name, family) in text.families {
      #expect(name.hasPrefix("livesync_"), "\(name)")
      #expect(!family.samples.isEmpty, "\(name)")
      #expect(name.hasSuffix("_total") == (family.type == "counter"), "\(name)")
      #expect(family.help.hasSuffix("."), "\(name)")
      for word in ["_ms", "milliseconds", "_ppm", "percent", "kilo"] {
        #expect(!name.contains(word), "\(name) is not in a base unit")
      }
    }
    #expect(text.value("livesync_head_block") == 184_231)
    #expect(text.value("livesync_state_held_ratio") == 0.618311)
    #expect(text.value("livesync_snapshots_kept") == 2)
    #expect(text.value("livesync_joined_snapshot_pieces") == 412)
    #expect(text.value("livesync_phase", ["phase": "state_sync"]) == 1)
    #expect(
      text.value("livesync_rejected_messages_total", ["kind": "block", "reason": "invalid_seed"])
        == 4)
    #expect(text.value("livesync_requests_total", ["type": "chunk", "outcome": "answered"]) == 2)
    #expect(
      text.value("livesync_request_seconds_total", ["type": "chunk", "outcome": "answered"])
        == 0.62)
    #expect(text.value("livesync_stalled") == 1)
    #expect(text.value("livesync_reverted_blocks_total") == 1)
  }

  @Test func labels_shouldBeEscaped_whateverTheyHold() throws {
    var sample = SampleNode.syncing
    sample.identity.name = "a\"b\\c\nd{}=,é"
    let text = try MetricsText(sample.metrics())
    let labels = text.families["livesync_build_info"]?.samples.first?.labels
    #expect(labels?["name"] == sample.identity.name)
    #expect(text.families["livesync_http_connections"] == nil)
  }

  @Test func metrics_shouldLeaveOut_whatIsNotKnown() throws {
    let identity = SampleNode.syncing.identity
    let empty = NodeStatus(identity: identity, head: BlockStatus(number: 0, hash: .zero))
    let text = try MetricsText(empty.metrics())
    #expect(text.families["livesync_network_head_block"] == nil)
    #expect(text.families["livesync_sync_eta_seconds"] == nil)
    #expect(text.families["livesync_rejected_messages_total"] == nil)
    #expect(text.value("livesync_ready") == 0)
  }

  @Test func docs_shouldNameEveryField_andEveryMetric() throws {
    let docs = try PackageFiles.text("Docs/Monitoring.md")
    let text = try MetricsText(SampleNode.syncing.metrics(http: .init()))
    for name in text.families.keys.sorted() {
      #expect(docs.contains("`\(name)`"), "\(name)")
    }
    for name in docs.matches(of: /`(livesync_[a-z_]+)`/) {
      #expect(text.families[String(name.1)] != nil, "\(name.1)")
    }
    for key in try Self.keys(of: JSONDocument(parsing: Array(SampleNode.syncing.json.utf8))) {
      #expect(docs.contains("`\(key)`"), "\(key)")
    }
  }

  private static func keys(of document: JSONDocument) -> Set<String> {
    switch document.content {
    case .object(let members):
      members.reduce(into: []) { $0.formUnion(keys(of: $1.value).union([$1.key])) }
    case .array(let elements): elements.reduce(into: []) { $0.formUnion(keys(of: $1)) }
    default: []
    }
  }

  @Test func dashboard_shouldUseMetricsThatThereAre() throws {
    let dashboard = try PackageFiles.text("Docs/Grafana/livesync.json")
    let document = try JSONDocument(parsing: Array(dashboard.utf8))
    #expect(Self.keys(of: document).isSuperset(of: ["panels", "templating", "title", "uid"]))
    let text = try MetricsText(SampleNode.syncing.metrics(http: .init()))
    let used = Set(dashboard.matches(of: /livesync_[a-z_]+/).map { String($0.0) })
    #expect(used.count > 15)
    for name in used.sorted() { #expect(text.families[name] != nil, "\(name)") }
  }

  @Test func page_shouldFetchNothing_fromElsewhere() {
    let page = MonitoringPage.document
    let named = page.replacing("http://www.w3.org/2000/svg", with: "")
    #expect(!named.contains("//") || !named.contains(/(https?:)?\/\/[a-z0-9]/))
    for word in ["@import", "src=", "<link rel=\"style", "innerHTML", "eval(", "document.write"] {
      #expect(!page.contains(word), "\(word)")
    }
    #expect(!page.contains(/\sstyle=|\son[a-z]+=/), "the policy forbids them")
    #expect(page.contains("lang=\"en\"") && page.contains("prefers-color-scheme"))
  }

  @Test func page_shouldAllowItsOwnStyleAndScript_andNoOther() throws {
    let policy = MonitoringPage.policy
    #expect(policy.hasPrefix("default-src 'none'; "))
    #expect(!policy.contains("unsafe"))
    for tag in ["style", "script"] {
      let page = MonitoringPage.document
      let start = try #require(page.range(of: "<\(tag)>"))
      let end = try #require(page.range(of: "</\(tag)>"))
      #expect(page.ranges(of: "<\(tag)>").count == 1)
      let bytes = Array(page[start.upperBound..<end.lowerBound].utf8)
      let digest = Data(Sha256.hash(bytes).bytes).base64EncodedString()
      #expect(policy.contains("\(tag)-src 'sha256-\(digest)'"))
    }
  }

  @Test func base64_shouldBeThatOfFoundation() {
    for count in 0..<70 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 11) }
      #expect(Base64.text(bytes) == Data(bytes).base64EncodedString())
    }
  }

  @Test func script_shouldUseElementsAndFieldsThatThereAre() throws {
    let page = MonitoringPage.document
    let ids = Set(page.matches(of: /\sid="([a-z-]+)"/).map { String($0.1) })
    let used = page.matches(of: /(?:\$|put|rows)\('([a-z-]+)'/).map { String($0.1) }
    #expect(used.count > 25)
    for id in used { #expect(ids.contains(id), "\(id)") }
    let keys = try Self.keys(of: JSONDocument(parsing: Array(SampleNode.syncing.json.utf8)))
    let fields = page.matches(of: /\b(?:s|p|r|x|f|t|stall|last|state|s\.state)\.([a-z]+_[a-z_]+)/)
    #expect(fields.count > 25)
    for field in fields { #expect(keys.contains(String(field.1)), "\(field.1)") }
  }
}
