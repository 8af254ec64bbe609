/// The named limits of the transport. Units are part of the name.
///
/// Limits of the wire are the same at both ends: whoever changes one changes
/// `Preamble.version` too.
public enum TransportLimits {
  /// Largest Noise message on the wire, in bytes (Noise specification, section 3). Of the wire.
  public static let recordBytesMax = 65_535
  /// Largest message of the handshake, in bytes. Of the wire.
  public static let handshakeMessageBytesMax = 2_048
  /// Largest attachment of a handshake, in bytes. Of the wire.
  public static let attachmentBytesMax = 1_024
  /// Records sealed with one key before it is replaced. Of the wire.
  public static let rekeyRecords = 1 << 16
  /// Bytes of plaintext sealed with one key before it is replaced. Of the wire.
  public static let rekeyBytes = 1 << 30

  /// Largest piece of a message in one frame, in bytes. Of the wire.
  public static let pieceBytesMax = 16 << 10
  /// Largest piece of a message that this end sends in a frame of the class `bulk`, in bytes.
  public static let bulkPieceBytesMax = 4 << 10
  /// Streams that one end may have opened at one time. Of the wire.
  public static let streamsMax = 64
  /// Bytes that may be sent on a new stream, each way, before any credit came. Of the wire.
  public static let initialCreditBytes = 16 << 10
  /// Bytes of credit that a message costs beside its own, so that empty ones are not free. Of the
  /// wire.
  public static let messageOverheadBytes = 64
  /// Credit that an end may have on one stream at one time, in bytes. Of the wire.
  public static let creditBytesMax = 1 << 30
  /// Pings of one end that wait for their pongs. Of the wire.
  public static let pingsPendingMax = 4

  /// Largest message, in bytes: above the largest answer of the protocol.
  public static let messageBytesMax = 18 << 20
  /// Bytes of incoming messages beyond the initial credit of their streams, of one connection.
  public static let inboundPoolBytes = messageBytesMax + messageOverheadBytes
  /// Bytes of messages that wait to be sent, of one connection.
  public static let outboundBytesMax = 20 << 20
  /// Bytes of these that only the classes `control` and `headers` may use.
  public static let outboundUrgentBytes = 1 << 20
  /// Fewest bytes that a caller can usefully offer at a time: fewer may yield nothing for ever.
  public static let emitBytesMin = 512

  /// Buckets of addresses that were only heard of.
  public static let newBuckets = 256
  /// Buckets of addresses that a connection was made to.
  public static let triedBuckets = 64
  /// Addresses in one bucket.
  public static let bucketPlaces = 64
  /// Buckets that what one group of sources tells can come to.
  public static let newBucketsPerSource = 16
  /// Tried buckets that the addresses of one group can come to.
  public static let triedBucketsPerGroup = 4
  /// Attempts in vain after which an address that was only heard of may be replaced.
  public static let addressFailuresMax = 3
  /// Pause before an address is dialled again, after its first failure.
  public static let redialPauseFirst: Duration = .seconds(60)
  /// Times that this pause doubles.
  public static let redialDoublings = 8
  /// Addresses that are told to somebody who asks.
  public static let addressesToldMax = 250
  /// Addresses kept to begin with after a restart.
  public static let anchorsMax = 2

  /// Bytes that one call reads off a socket.
  public static let readBytesMax = 128 << 10
  /// Bytes that are read off one socket before others have their turn.
  public static let readTurnBytes = 1 << 20
  /// Bytes that a link is given at a time to send.
  public static let writeBytesMax = 64 << 10
  /// Bytes of one connection that the kernel has and has not sent: nothing overtakes them.
  public static let unsentKernelBytesMax = 32 << 10
  /// Connections that wait to be accepted.
  public static let listenBacklog: Int32 = 128
  /// Pause before connections are accepted again after the operating system refused.
  public static let acceptPause: Duration = .milliseconds(100)
  /// Time for the operating system to make a connection.
  public static let dialTimeout: Duration = .seconds(5)
  /// Time that a connection has to send its last bytes.
  public static let lingerTimeout: Duration = .seconds(1)
  /// Time in which the other end must take something of what is sent.
  public static let writeStallMax: Duration = .seconds(20)
  /// Time from the first byte of a connection to the end of its handshake.
  public static let handshakeTimeout: Duration = .seconds(10)
  /// Pause between pings.
  public static let pingInterval: Duration = .seconds(15)
  /// Time without a byte of the other end after which it is gone, though a ping was sent.
  public static let silenceMax: Duration = .seconds(30)

  /// Connections that others made, after their handshake.
  public static let inboundConnectionsMax = 32
  /// Connections that this end makes.
  public static let outboundConnectionsMax = 8
  /// Connections of others whose handshake is not over; the oldest gives way.
  public static let handshakesMax = 16
  /// Connections from one address.
  public static let connectionsPerAddressMax = 3
  /// Connections from one subnet.
  public static let connectionsPerSubnetMax = 8
  /// Addresses that are dialled at one time.
  public static let dialsMax = 8
  /// Bytes of a host's name (RFC 1035, section 2.3.4), as text without the dot at its end.
  public static let hostNameBytesMax = 253
  /// Bytes of one label of it.
  public static let hostLabelBytesMax = 63
  /// Addresses of one host that are dialled in turn; what a server names beyond them is left out.
  public static let hostAddressesMax = 16
  /// Names that are looked up at one time, each on a thread of its own.
  public static let lookUpsMax = 4
  /// Longest pause before a peer that the node was told to keep is dialled again, after its first
  /// failure.
  public static let keptPauseFirst: Duration = .seconds(1)
  /// Times that this pause doubles.
  public static let keptPauseDoublings = 5
  /// Time that a connection to such a peer must last to be no failure.
  public static let keptSteady: Duration = .seconds(30)
  /// Identities that are banned at one time.
  public static let bansMax = 1024
  /// Seconds that a ban lasts.
  public static let banSeconds: UInt64 = 3600
  /// Banned identities from one address, from which the address is banned too.
  public static let bansPerAddress = 3

  /// Neighbours that urgent gossip is pushed to at once.
  public static let gossipDegree = 6
  /// Bytes of gossip that are kept for neighbours that want it.
  public static let gossipHeldBytes = 16 << 20
  /// Bytes that a kept message is charged beside its own.
  public static let gossipOverheadBytes = 256
  /// Bytes that a kept message is charged for each neighbour that may want it.
  public static let gossipOfferBytes = 8
  /// Announced messages that are waited for.
  public static let promisesMax = 64 * promisesPerPeerMax
  /// Those of one neighbour.
  public static let promisesPerPeerMax = 32
  /// Further neighbours remembered to have announced a message that is waited for.
  public static let announcersMax = 4
  /// Time without a byte of a neighbour after which what it announced is asked of another.
  public static let promiseWait: Duration = .seconds(2)
  /// Time after which it is asked of another in any case.
  public static let promiseMax: Duration = .seconds(30)
  /// Time that an announced urgent message is given to be pushed by somebody.
  public static let pushWait: Duration = .milliseconds(500)

  /// Bytes of messages on their way in, beyond the initial credit of their streams, that each
  /// connection has for itself.
  public static let connectionPoolBytes = 128 << 10
  /// Bytes of these that all connections share: who begins a larger message gets what it needs.
  public static let sharedPoolBytes = 2 * inboundPoolBytes
  /// Time in which who holds room that others wait for must move something.
  public static let holderWindow: Duration = .seconds(5)
  /// Bytes that it must move in that time.
  public static let holderBytesMin = 64 << 10
  /// Bytes of messages that wait to be sent to all peers together: with more, no answer is made.
  public static let unsentBytesMax = 32 << 20
  /// Pause between two looks at the clock.
  public static let tickPause: Duration = .milliseconds(250)
  /// Time that a peer is given for a sign of life when somebody else shows its key.
  public static let probeWait: Duration = .seconds(5)
  /// Types of requests and topics from here on are the transport's own. Of the wire.
  public static let ownTagsFrom: UInt16 = 0xff00
  /// Time for an answer with addresses.
  public static let addressesTimeout: Duration = .seconds(20)
  /// Pause before somebody is asked for addresses again, as long as connections are wanted.
  public static let addressesPause: Duration = .seconds(60)

  /// Longest time that bytes should wait on the way to another node, beside the time of the way.
  public static let lineQueueMax: Duration = .milliseconds(6)
  /// Fewest bytes that may be on their way.
  public static let lineWindowMin = 8 << 10
  /// Bytes on their way from which on the kernel alone decides.
  public static let lineWindowMax = 4 << 20
  /// Bytes a second from which on a line is not looked after: what waits passes in no time.
  public static let slowLineBytesPerSecond = 25 << 20
  /// Pause between two looks at a line.
  public static let lineReadingPause: Duration = .milliseconds(2)
}
