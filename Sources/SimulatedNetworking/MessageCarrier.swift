import Networking

/// Carries the bytes of messages from one end of a connection to the other, such as through the
/// codec of a transport: what it gives is what travels on. A message takes the time and the bytes
/// that it takes without a carrier.
///
/// Called on the simulation's thread, once for every copy of a message that is not lost, in the
/// order in which they leave; must be deterministic. What gives nil ends there.
public protocol MessageCarrier: AnyObject {
  func gossip(_ topic: Topic, _ payload: [UInt8], from: PeerID, to: PeerID) -> [UInt8]?

  /// - Parameters:
  ///   - number: names the request in the whole network.
  ///   - answerBytesMax: largest answer that is taken, in bytes.
  func request(
    _ number: UInt64, _ type: RequestType, _ payload: [UInt8], answerBytesMax: Int, from: PeerID,
    to: PeerID
  ) -> [UInt8]?

  /// The answer to a request, from who was asked. It may be late: the request has ended then.
  func response(
    _ number: UInt64, _ answer: CarriedAnswer, from: PeerID, to: PeerID
  ) -> CarriedAnswer?

  /// A request of `from` has ended, answered or not; nothing happens if it was not carried.
  func ended(_ number: UInt64, from: PeerID, to: PeerID)

  /// The connection of two peers is over, with all that was open on it.
  func disconnected(_ a: PeerID, _ b: PeerID)
}

/// How a request was answered.
public enum CarriedAnswer: Sendable, Hashable {
  case given([UInt8])
  case refused

  /// What was given.
  var payload: [UInt8]? {
    if case .given(let payload) = self { payload } else { nil }
  }
}
