/// How many bytes may be held of what came from outside: in all, and by each who sent it.
public struct ByteLimits: Sendable, Hashable {
  /// Bytes of all holders together.
  public let total: Int
  /// Bytes of one holder, so that nobody fills everything alone.
  public let perHolder: Int

  public init(total: Int, perHolder: Int) {
    precondition(
      perHolder > 0 && perHolder <= total, "one holder may have \(perHolder) of \(total) bytes")
    self.total = total
    self.perHolder = perHolder
  }
}

/// The account of a buffer that outsiders fill: how many bytes each of them holds in it.
///
/// What comes in is charged to whoever sent it, with the memory that it takes, and released when it
/// leaves. If there is no room, the largest holders give way until they have no more than the
/// newcomer would have: so a holder that asks for no more than an equal share is never refused
/// because of others, however many bytes they send. Whoever is told to make room and does will come
/// to `fits` in the end.
public struct ByteBudget<Holder: Hashable & Comparable & Sendable>: Sendable {
  /// What may become of more bytes.
  public enum Admission: Sendable, Hashable {
    /// There is room.
    case fits
    /// There will be once this holder, which has most, has given up enough: the newest first.
    case makeRoom(by: Holder)
    /// The holder has too much itself.
    case refused(Refusal)
  }

  /// Why bytes are refused.
  public enum Refusal: Sendable, Hashable {
    /// The holder would have more than one may have.
    case perHolder
    /// There is no room even if nobody else had more than the holder would have.
    case total
  }

  public let limits: ByteLimits
  /// Bytes charged at present.
  @inlinable
  public var total: Int { charged }
  @usableFromInline var charged = 0
  /// Bytes of each holder that has any.
  @usableFromInline var shares: [Holder: Int] = [:]

  @inlinable
  public init(_ limits: ByteLimits) {
    self.limits = limits
  }

  /// Bytes that `holder` has.
  @inlinable
  public func held(by holder: Holder) -> Int { shares[holder] ?? 0 }

  /// Holders that have any bytes.
  @inlinable
  public var holderCount: Int { shares.count }

  /// What may become of `bytes` more for `holder`; changes nothing.
  @inlinable
  public func admission(of bytes: Int, for holder: Holder) -> Admission {
    precondition(bytes >= 0, "\(bytes) bytes cannot be charged")
    let share = held(by: holder) + bytes
    if share > limits.perHolder { return .refused(.perHolder) }
    if total + bytes <= limits.total { return .fits }
    // What others would give up if nobody kept more than the newcomer would have.
    let room = shares.reduce(0) { $1.key == holder ? $0 : $0 + max(0, $1.value - share) }
    let largest = shares.max { ($0.value, $0.key) < ($1.value, $1.key) }
    guard let largest, total + bytes - limits.total <= room else { return .refused(.total) }
    return .makeRoom(by: largest.key)
  }

  /// Charges bytes that fit.
  @inlinable
  public mutating func charge(_ bytes: Int, to holder: Holder) {
    guard case .fits = admission(of: bytes, for: holder) else {
      preconditionFailure("\(bytes) bytes for \(holder) do not fit beside \(total) of \(limits)")
    }
    guard bytes > 0 else { return }
    charged += bytes
    shares[holder, default: 0] += bytes
  }

  /// Releases bytes that were charged to `holder`.
  @inlinable
  public mutating func release(_ bytes: Int, of holder: Holder) {
    let rest = held(by: holder) - bytes
    precondition(bytes >= 0 && rest >= 0, "\(holder) gives \(bytes) bytes back and has fewer")
    charged -= bytes
    shares[holder] = rest == 0 ? nil : rest
  }
}
