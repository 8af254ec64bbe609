import Foundation
import Primitives
import Reconciliation
import TestSupport

/// A whole session between two sides of this code, and what a plain model expects of it.
struct NegentropySession {
  var have: Set<Hash256> = []
  var need: Set<Hash256> = []
  /// All messages, the initiator's first.
  var messages: [[UInt8]] = []

  init(
    _ a: some NegentropyStorage, _ b: some NegentropyStorage,
    frames: (NegentropyFrame, NegentropyFrame) = (.unlimited, .unlimited)
  ) throws {
    var initiator = NegentropyInitiator(a, frame: frames.0)
    let server = NegentropyServer(b, frame: frames.1)
    var next: [UInt8]? = initiator.begin()
    while let message = next {
      messages.append(message)
      let answer = try server.answer(message)
      messages.append(answer)
      let step = try initiator.receive(answer)
      have.formUnion(step.have)
      need.formUnion(step.need)
      next = step.message
    }
  }
}

extension SeededGenerator {
  mutating func hash() -> Hash256 {
    Hash256(words: (next(), next(), next(), next()))
  }

  /// Items of one of several kinds of timestamps: scattered over all numbers, few, one, crowded at
  /// either end, in clusters; with ids, each once, that may have long equal prefixes.
  mutating func negentropyItems(_ count: Int) -> [NegentropyItem] {
    let kind = below(6)
    let base = next() >> UInt64(below(64))
    let shared = hash()
    let isCrowded = chance(25)
    return (0..<count).map { _ in
      let timestamp =
        switch kind {
        case 0: min(next(), NegentropyItem.timestampMax)
        case 1: UInt64(below(5))
        case 2: base >> 1
        case 3: NegentropyItem.timestampMax - UInt64(below(1_000))
        case 4: (base >> 2) + UInt64(below(50)) * 1_000_003 % 977
        default: next() >> UInt64(1 + below(63))
        }
      var id = hash()
      // The rest stays random: sums of ids that are near each other may well be equal.
      if isCrowded { id.words = (shared.words.0, shared.words.1, shared.words.2, id.words.3) }
      return NegentropyItem(timestamp: timestamp, id: id)!
    }
  }
}

/// A file of whole sessions of another implementation.
struct NegentropyVectors {
  struct Session {
    let name: String
    let frames: (NegentropyFrame, NegentropyFrame)
    let items: ([NegentropyItem], [NegentropyItem])
    let messages: [[UInt8]]
    let have: Set<Hash256>
    let need: Set<Hash256>
  }

  let sessions: [Session]
  /// Messages of unknown versions and the answers to them.
  let versions: [(query: [UInt8], reply: [UInt8])]

  /// All files of this form in the folder of vectors, and the one that is named by
  /// `LIVESYNC_NEGENTROPY_VECTORS`.
  static func files() throws -> [URL] {
    let folder = try FileManager.default.contentsOfDirectory(
      at: PackageFiles.vectors, includingPropertiesForKeys: nil)
    let own = folder.filter {
      $0.lastPathComponent.hasPrefix("negentropy") && $0.pathExtension == "json"
    }
    let other = Campaign.text("LIVESYNC_NEGENTROPY_VECTORS").map { URL(fileURLWithPath: $0) }
    return own.sorted { $0.path < $1.path } + (other.map { [$0] } ?? [])
  }

  init(_ file: URL) throws {
    let document = try Shape(JSONSerialization.jsonObject(with: Data(contentsOf: file)))
    sessions = try document["sessions"].list.map { session in
      Session(
        name: try session["name"].text,
        frames: (try session["frame_limit_a"].frame, try session["frame_limit_b"].frame),
        items: (
          try session["a"].list.map { try $0.item }, try session["b"].list.map { try $0.item }
        ),
        messages: try session["messages"].list.map { try $0["hex"].bytes },
        have: Set(try session["have"].list.map { try $0.hash }),
        need: Set(try session["need"].list.map { try $0.hash }))
    }
    versions = try document.optional("versions").map {
      (try $0["query"].bytes, try $0["reply"].bytes)
    }
  }

  /// A value of the document. Timestamps may be any 64-bit number, or its decimal text.
  private struct Shape {
    struct Wrong: Error {
      let value: String
    }

    private let value: Any

    init(_ value: Any) { self.value = value }

    private func cast<Value>(_ value: Any?) throws -> Value {
      guard let value = value as? Value else { throw Wrong(value: "\(self.value)") }
      return value
    }

    subscript(key: String) -> Shape {
      get throws {
        let map: [String: Any] = try cast(value)
        return Shape(try cast(map[key]))
      }
    }

    /// The elements of a member, none if it is not there.
    func optional(_ key: String) throws -> [Shape] {
      let map: [String: Any] = try cast(value)
      return map[key] == nil ? [] : try self[key].list
    }

    var list: [Shape] {
      get throws {
        let list: [Any] = try cast(value)
        return list.map(Shape.init)
      }
    }

    var text: String { get throws { try cast(value) } }
    var bytes: [UInt8] { get throws { try cast(Hex.bytes(text)) } }
    var hash: Hash256 { get throws { try cast(Hash256(hex: text)) } }

    var number: UInt64 {
      get throws {
        if let text = value as? String { return try cast(UInt64(text)) }
        let number: NSNumber = try cast(value)
        return number.uint64Value
      }
    }

    var frame: NegentropyFrame {
      get throws {
        let bytes = Int(try number)
        return bytes == 0 ? .unlimited : try cast(NegentropyFrame(bytesMax: bytes))
      }
    }

    var item: NegentropyItem {
      get throws {
        let pair = try list
        return try cast(NegentropyItem(timestamp: pair[0].number, id: pair[1].hash))
      }
    }
  }
}
