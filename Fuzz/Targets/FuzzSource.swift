import Primitives

/// Decisions drawn from a fuzzer's bytes, so that small changes of the bytes are small changes of
/// what is done. When the bytes are used up, every decision is the first one.
struct FuzzSource {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) {
    rest = bytes[...]
  }

  var isEmpty: Bool { rest.isEmpty }

  mutating func byte() -> UInt8 {
    rest.popFirst() ?? 0
  }

  /// A number in 0..<bound; `bound` is 1...256.
  mutating func below(_ bound: Int) -> Int {
    Int(byte()) % bound
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in byte() }
  }

  /// A free key, or one that has to do with one of `keys`.
  mutating func key(near keys: [KeyNibbles]) -> KeyNibbles {
    let kind = below(6)
    guard kind > 1, !keys.isEmpty else {
      let key = KeyNibbles(bytes: bytes(1 + below(3)))
      return kind == 0 ? key : key.prefix(below(6))
    }
    let key = keys[below(min(keys.count, 256))]
    switch kind {
    case 2: return key
    case 3: return key.prefix(below(key.count + 1))
    case 4: return key.successor ?? key
    default: return key.subtreeEnd ?? .empty
    }
  }
}
