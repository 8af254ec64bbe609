import Compression
import Primitives

/// What decides between ways to send a value.
public struct PatchPolicy: Sendable, Hashable {
  /// The ways that may be tried; `plain` is always one.
  public var methods: [PatchMethod]
  /// zstd's level, 1…19. With a base higher ones find no more, they only take longer.
  public var level: Int
  /// Wire bytes that a second of processor time is worth: the bandwidth, if one side waits for the
  /// other. At 0 the fewest bytes win, whatever they cost.
  public var bytesPerSecond: Double
  /// Values of at most so many bytes are sent as they are.
  public var plainBytesMax: Int
  public var engine: BinaryDiffEngine

  public init(
    methods: [PatchMethod] = PatchMethod.allCases, level: Int = 1, bytesPerSecond: Double = 0,
    plainBytesMax: Int = 64, engine: BinaryDiffEngine = BinaryDiffEngine()
  ) {
    self.methods = methods
    self.level = level
    self.bytesPerSecond = bytesPerSecond
    self.plainBytesMax = plainBytesMax
    self.engine = engine
  }
}

/// The cheapest way to send a value to somebody who has `base`, and what others would have cost.
public struct PatchChoice: Sendable, Hashable {
  /// A way that was tried.
  public struct Candidate: Sendable, Hashable {
    public let method: PatchMethod
    /// Bytes of its payload; not fewer than the value has are of no use.
    public let bytes: Int
    /// Bytes and what the processor's time is worth in bytes.
    public let cost: Double
  }

  public let patch: Patch
  /// In the order in which they were tried.
  public let candidates: [Candidate]

  /// - Parameter base: what the receiver has, nil if it has nothing or something else.
  /// - Returns: nil if the target is larger than `BinaryDifferenceLimits.targetBytesMax`.
  public init?(
    base: HashedBytes?, target: HashedBytes, policy: PatchPolicy = PatchPolicy()
  ) {
    self.init(base.map(Base.whole) ?? .none, target, policy)
  }

  /// The cheapest way to somebody of whose base only the parts are known: plain, compressed, or as
  /// copies and inserts.
  /// - Returns: nil if the target is larger than `BinaryDifferenceLimits.targetBytesMax`.
  public init?(
    signature: BaseSignature, target: HashedBytes, policy: PatchPolicy = PatchPolicy()
  ) {
    self.init(.parts(signature), target, policy)
  }

  /// What is known of what the receiver has.
  private enum Base {
    case none
    case whole(HashedBytes)
    case parts(BaseSignature)

    var count: Int {
      switch self {
      case .none: 0
      case .whole(let base): base.count
      case .parts(let signature): signature.baseBytes
      }
    }

    var hash: Hash256? {
      switch self {
      case .none: nil
      case .whole(let base): base.hash
      case .parts(let signature): signature.baseHash
      }
    }
  }

  private init?(_ base: Base, _ target: HashedBytes, _ policy: PatchPolicy) {
    guard target.count <= BinaryDifferenceLimits.targetBytesMax else { return nil }
    var best = Patch(method: .plain, baseHash: nil, target: target, payload: target.bytes)
    var lowest = Double(target.count)
    var candidates = [Candidate(method: .plain, bytes: target.count, cost: lowest)]
    let zstd = ZstdCompressor(level: policy.level)
    for method in PatchMethod.allCases where policy.methods.contains(method) {
      guard method != .plain, target.count > policy.plainBytesMax else { continue }
      guard !method.needsBase || base.count > 0 else { continue }
      let touched = target.count + (method.needsBase ? base.count : 0)
      let work = Double(touched) * method.nanosecondsPerByte * 1e-9 * policy.bytesPerSecond
      // What is too dear even with a payload of nothing is not tried.
      guard work < lowest,
        let payload = Self.payload(method, base, target, zstd, policy.engine)
      else { continue }
      let cost = Double(payload.count) + work
      candidates.append(Candidate(method: method, bytes: payload.count, cost: cost))
      guard payload.count < target.count, cost < lowest else { continue }
      lowest = cost
      let baseHash = method.needsBase ? base.hash : nil
      best = Patch(method: method, baseHash: baseHash, target: target, payload: payload)
    }
    patch = best
    self.candidates = candidates
  }

  private static func payload(
    _ method: PatchMethod, _ base: Base, _ target: HashedBytes, _ zstd: ZstdCompressor,
    _ engine: BinaryDiffEngine
  ) -> [UInt8]? {
    switch method {
    case .plain: return target.bytes
    case .compressed: return zstd.frame(of: target.bytes)
    case .zstdWithBase:
      guard case .whole(let base) = base else { return nil }
      return zstd.frame(of: target.bytes, after: base.bytes)
    case .copyInsert:
      let script: EditScript? =
        switch base {
        case .none: nil
        case .whole(let base): engine.script(from: base.bytes, to: target.bytes)
        case .parts(let signature): signature.diff(to: target)?.script
        }
      guard let script else { return nil }
      let bytes = script.wireBytes
      // The receiver takes no script that is longer than the value.
      return bytes.count <= target.count ? zstd.frame(of: bytes) : nil
    }
  }
}
