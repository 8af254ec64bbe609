import ABCI
import Primitives
import Snapshot

extension FuzzTarget {
  /// What CometBFT's side sends: frames of requests.
  static let abci = FuzzTarget(
    "abci",
    seeds: {
      [
        "060a040a026869021200026200", "09720708e80710011803",
        "0d6a0b0a0508011002180112020102", "0b7a090801120201021a0161",
      ].compactMap { Hex.bytes($0) }
    },
    check: { input in
      var whole = FrameReader()
      whole.append(input)
      var parts = FrameReader()
      for byte in input { parts.append([byte]) }
      while true {
        let (first, second) = (Result { try whole.next() }, Result { try parts.next() })
        switch (first, second) {
        case (.success(let a), .success(let b)):
          try demand(a == b, "frames differ by how they come")
          guard let message = a else { return }
          try look(at: message)
        case (.failure, .failure): return
        default: throw FuzzFinding("frames differ by how they come")
        }
      }
    })

  private static func look(at message: [UInt8]) throws {
    let request: ABCIRequest
    do throws(ProtobufError) { request = try ABCIRequest(protobuf: message) } catch { return }
    guard case .offerSnapshot(let snapshot, _) = request else { return }
    // What was read goes out again in a list.
    try demand(
      ABCIAnswer.listSnapshots([snapshot]).frame.count >= snapshot.metadata.count,
      "a snapshot became smaller")
  }
}
