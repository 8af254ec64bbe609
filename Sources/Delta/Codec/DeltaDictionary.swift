import Compression
import Primitives

/// A trained dictionary with its name. Never changes.
public struct DeltaDictionary: Sendable {
  public let id: DictionaryID
  let zstd: ZstdDictionary

  public var bytes: [UInt8] { zstd.bytes }

  /// Nil if zstd takes these bytes for no dictionary, or they are too many.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count <= DeltaLimits.dictionaryBytesMax,
      let zstd = ZstdDictionary(bytes, level: DeltaCodec.level)
    else { return nil }
    id = DictionaryID(of: bytes)
    self.zstd = zstd
  }
}

/// The dictionaries that one peer has sent: the latest ones.
public struct DictionaryShelf: Sendable {
  /// Newest last.
  private var dictionaries: [DeltaDictionary] = []

  public init() {}

  public var count: Int { dictionaries.count }

  public subscript(id: DictionaryID) -> DeltaDictionary? {
    dictionaries.first { $0.id == id }
  }

  public mutating func add(_ dictionary: DeltaDictionary) {
    guard self[dictionary.id] == nil else { return }
    dictionaries.append(dictionary)
    if dictionaries.count > DeltaLimits.dictionariesMax { dictionaries.removeFirst() }
  }
}

/// What a dictionary would save, measured.
public struct DictionaryTrial: Sendable, Hashable {
  /// Bytes of the deltas that were held out, before and after compression without and with it.
  public let heldOutBytes: Int
  public let plainBytes: Int
  public let dictionaryBytes: Int
  /// Bytes of all latest deltas, before compression.
  public let recentBytes: Int
  /// What sending it costs.
  public let costBytes: Int

  /// What it saves of as many bytes as were sent lately, less what it costs: what comes is expected
  /// to be like what was.
  public var gain: Int {
    guard heldOutBytes > 0 else { return -costBytes }
    let share = Double(plainBytes - dictionaryBytes) / Double(heldOutBytes)
    return Int(share * Double(recentBytes)) - costBytes
  }
}

/// Keeps the latest deltas and finds out whether a dictionary made from the older of them would
/// have made the newer ones so much smaller that it is worth sending. A value.
struct DictionaryTrainer: Sendable {
  /// Bodies, oldest first.
  private var recent: [[UInt8]] = []
  private var recentBytes = 0
  private var seen = 0
  private var nextTry = DeltaLimits.dictionaryTryBytesMin
  private var step = DeltaLimits.dictionaryTryBytesMin

  mutating func note(_ body: [UInt8]) {
    guard body.count <= DeltaLimits.recentBytesMax / DeltaLimits.heldOutPart else {
      // A delta as large as that needs no dictionary, and leaves no room to try one.
      return
    }
    recent.append(body)
    recentBytes += body.count
    seen += body.count
    var dropped = 0
    while recentBytes > DeltaLimits.recentBytesMax
      || recent.count - dropped > DeltaLimits.recentDeltasMax
    {
      recentBytes -= recent[dropped].count
      dropped += 1
    }
    // Some at a time, so that the rest is not moved for each.
    if dropped > 0 { recent.removeFirst(dropped) }
  }

  /// Whether as much was seen since the last time as would make a difference.
  var isDue: Bool { seen >= nextTry }

  /// The dictionary that gains most over the present one, if any gains.
  mutating func best(
    over current: DeltaDictionary?, receivers: Int, _ zstd: ZstdCompressor
  ) -> (dictionary: DeltaDictionary, trial: DictionaryTrial)? {
    step = min(2 * step, DeltaLimits.dictionaryTryBytesMax)
    nextTry = seen + step
    let (older, heldOut) = split()
    var best: (dictionary: DeltaDictionary, trial: DictionaryTrial)?
    var size = DeltaLimits.dictionaryBytesMin
    while size <= DeltaLimits.dictionaryBytesMax, size <= recentBytes {
      if let bytes = ZstdDictionary.trained(on: older, bytesMax: size),
        let dictionary = DeltaDictionary(bytes)
      {
        let trial = trial(dictionary, over: current, heldOut, receivers: receivers, zstd)
        if trial.gain > max(0, best?.trial.gain ?? 0) { best = (dictionary, trial) }
      }
      size *= DeltaLimits.dictionaryStep
    }
    return best
  }

  private func split() -> (older: [[UInt8]], heldOut: [[UInt8]]) {
    var heldOut: [[UInt8]] = []
    var rest = recentBytes / DeltaLimits.heldOutPart
    while rest > 0, heldOut.count < recent.count {
      heldOut.append(recent[recent.count - heldOut.count - 1])
      rest -= heldOut[heldOut.count - 1].count
    }
    return (Array(recent.dropLast(heldOut.count)), heldOut)
  }

  private func trial(
    _ dictionary: DeltaDictionary, over current: DeltaDictionary?, _ heldOut: [[UInt8]],
    receivers: Int, _ zstd: ZstdCompressor
  ) -> DictionaryTrial {
    var (bytes, plain, with) = (0, 0, 0)
    for body in heldOut {
      bytes += body.count
      let without = DeltaCodec.smallest(of: body, [current].compactMap { $0 }, zstd).count
      plain += without
      with += min(without, DeltaCodec.smallest(of: body, [dictionary], zstd).count)
    }
    let cost = receivers * (zstd.frame(of: dictionary.bytes).count + DeltaCodec.headBytes)
    return DictionaryTrial(
      heldOutBytes: bytes, plainBytes: plain, dictionaryBytes: with, recentBytes: recentBytes,
      costBytes: cost)
  }
}
