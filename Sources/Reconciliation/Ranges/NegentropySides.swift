import Primitives

/// The side of negentropy that answers, from one view of a set. It keeps nothing between messages.
public struct NegentropyServer<Storage: NegentropyStorage>: Sendable {
  public let storage: Storage
  /// How long its answers may become.
  public let frame: NegentropyFrame

  public init(_ storage: Storage, frame: NegentropyFrame = .unlimited) {
    self.storage = storage
    self.frame = frame
  }

  /// The answer to a message. To a message of a version that it does not speak it is the one byte
  /// of the version that it does.
  ///
  /// Throws `limitReached` for a message above `rangeMessageBytesMax`, `malformed` for one that
  /// breaks the protocol.
  public func answer(_ message: [UInt8]) throws(ReconciliationError) -> [UInt8] {
    var pass = NegentropyPass(storage, frame: frame)
    let (version, decoder) = try openMessage(message)
    guard version == NegentropyVersion.current else { return pass.message }
    try runPass(&pass, on: decoder, isInitiator: false)
    return pass.message
  }
}

/// The side of negentropy that asks and learns the difference. The set must not change meanwhile.
public struct NegentropyInitiator<Storage: NegentropyStorage>: Sendable {
  /// What an answer brought.
  public struct Step: Sendable, Hashable {
    /// The next message, nil at the end.
    public var message: [UInt8]?
    /// Ids that only this side has. With frames of limited length an id can come more than once in
    /// a comparison.
    public var have: [Hash256]
    /// Ids that only the other side has, as it says; these too can come again.
    public var need: [Hash256]
  }

  public let storage: Storage
  /// How long its messages may become.
  public let frame: NegentropyFrame
  private let messagesMax: Int
  private let idsNeededMax: Int
  private var messages = 1
  private var idsNeeded = 0

  /// - Parameters:
  ///   - messagesMax: messages of this side, the first included.
  ///   - idsNeededMax: ids that the other side may name as its own, counted as often as they come.
  public init(
    _ storage: Storage, frame: NegentropyFrame = .unlimited,
    messagesMax: Int = ReconciliationLimits.rangeMessagesMax,
    idsNeededMax: Int = ReconciliationLimits.rangeIDsNeededMax
  ) {
    self.storage = storage
    self.frame = frame
    self.messagesMax = messagesMax
    self.idsNeededMax = idsNeededMax
  }

  /// The first message.
  public func begin() -> [UInt8] {
    var pass = NegentropyPass(storage, frame: frame)
    pass.begin()
    return pass.message
  }

  /// Takes the answer to the last message.
  ///
  /// Throws `malformed` for an answer that breaks the protocol, `unavailable` if the other side
  /// speaks another version, `limitReached` for an answer above `rangeMessageBytesMax`, or if there
  /// are too many messages or ids. It has not changed then.
  public mutating func receive(_ answer: [UInt8]) throws(ReconciliationError) -> Step {
    var pass = NegentropyPass(storage, frame: frame)
    let (version, decoder) = try openMessage(answer)
    guard version == NegentropyVersion.current else {
      throw .unavailable("the other side speaks version \(version - 0x60) of negentropy, not 1")
    }
    try runPass(&pass, on: decoder, isInitiator: true)
    let needed = idsNeeded + pass.need.count
    guard needed <= idsNeededMax else {
      throw .limitReached("the other side names more than \(idsNeededMax) ids as its own")
    }
    guard !pass.hasRanges || messages < messagesMax else {
      throw .limitReached("a comparison by ranges takes more than \(messagesMax) messages")
    }
    idsNeeded = needed
    if pass.hasRanges { messages += 1 }
    return Step(message: pass.hasRanges ? pass.message : nil, have: pass.have, need: pass.need)
  }
}

/// The version of a message, and a decoder that stands behind it.
func openMessage(
  _ message: [UInt8]
) throws(ReconciliationError) -> (version: UInt8, rest: WireDecoder) {
  let most = ReconciliationLimits.rangeMessageBytesMax
  guard message.count <= most else {
    throw .limitReached("a negentropy message has \(message.count) bytes, more than \(most)")
  }
  var decoder = WireDecoder(message)
  do throws(WireError) {
    let version = try decoder.byte()
    guard NegentropyVersion.all.contains(version) else {
      throw .invalidValue("\(version) is no version of negentropy", at: 0)
    }
    return (version, decoder)
  } catch { throw .malformed("negentropy message", error) }
}

private func runPass(
  _ pass: inout NegentropyPass<some NegentropyStorage>, on decoder: WireDecoder, isInitiator: Bool
) throws(ReconciliationError) {
  do throws(WireError) {
    try pass.run(on: decoder, isInitiator: isInitiator)
  } catch { throw .malformed("negentropy message", error) }
}
