/// The named limits of the loopback network. Units are part of the name. What waits for judgement
/// or to be served has the limits of `NetworkingLimits`.
public enum LoopbackLimits {
  /// Messages that wait at one peer to be taken in; later ones are lost.
  public static let inboxMessagesMax = 4096
  /// Bytes of the messages that wait at one peer to be taken in, or one message.
  public static let inboxBytesMax = 64 << 20
  /// Messages that are under way for a time, by the latency or an interceptor; later ones are lost.
  public static let delayedMessagesMax = 4096
}
