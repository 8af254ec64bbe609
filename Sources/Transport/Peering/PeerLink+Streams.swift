import Networking
import Primitives
import Runtime

/// A request that waits for a stream.
package struct WaitingAsk: Sendable {
  package var number: UInt64
  package var type: RequestType
  package var payload: [UInt8]
  package var answerBytesMax: Int

  package init(number: UInt64, type: RequestType, payload: [UInt8], answerBytesMax: Int) {
    self.number = number
    self.type = type
    self.payload = payload
    self.answerBytesMax = answerBytesMax
  }
}

extension PeerLink {
  /// The tag of the one-way stream on which the transports themselves talk. Topics and types of
  /// requests are below `TransportLimits.ownTagsFrom`.
  package static let wordTag: UInt16 = 0xffff

  /// Sends a request, or lets it wait for a stream. Its end is an event, unless it is withdrawn.
  package mutating func ask(_ request: WaitingAsk) {
    waiting.append(request)
    openWaiting()
  }

  /// Nobody waits for the answer any longer.
  package mutating func withdraw(_ number: UInt64) {
    waiting.removeAll { $0.number == number }
    guard let stream = streams.removeValue(forKey: number) else { return }
    asked[stream] = nil
    // It may have ended at this moment: then there is nothing to give up.
    try? connection?.mux.reset(stream, .cancelled)
  }

  /// Answers a request of the other end; nil refuses. Does nothing if it was withdrawn.
  package mutating func answer(_ stream: StreamID, _ payload: [UInt8]?) {
    guard asking.remove(stream) != nil, connection != nil else { return }
    do throws(MuxError) {
      guard let payload else { return try connection!.mux.reset(stream, .refused) }
      try connection!.mux.send(payload, on: stream)
      try connection!.mux.end(stream)
    } catch {
      // There is no room for it, or it is larger than any message: the other end may ask again.
      try? connection?.mux.reset(stream, .refused)
    }
  }

  /// Sends a message on the one-way stream with a tag; false if there is no room for it.
  package mutating func tell(_ tag: UInt16, _ traffic: TrafficClass, _ payload: [UInt8]) -> Bool {
    guard connection != nil else { return false }
    do throws(MuxError) {
      if oneWays[tag] == nil {
        oneWays[tag] = try connection!.mux.open(StreamInfo(traffic, .oneWay, tag: tag))
      }
      guard let stream = oneWays[tag] else { return false }
      try connection!.mux.send(payload, on: stream)
      return true
    } catch { return false }
  }

  /// Opens streams for requests that wait, as far as there are streams and room.
  package mutating func openWaiting() {
    while connection != nil, let request = waiting.first,
      outboundBytes < settings.outboundBytesMax / 2
    {
      do throws(MuxError) {
        let stream = try connection!.mux.open(
          StreamInfo(request.type.traffic, .exchange, tag: request.type.rawValue),
          messageBytesMax: request.answerBytesMax)
        asked[stream] = request.number
        streams[request.number] = stream
        waiting.removeFirst()
        try connection!.mux.send(request.payload, on: stream)
        try connection!.mux.end(stream)
      } catch {
        // No stream is free now: an answer frees one.
        return
      }
    }
  }

  package mutating func handle(
    _ event: MuxEvent, now: Moment, _ events: inout [PeerLinkEvent]
  ) throws(PeerLinkEnd) {
    switch event {
    case .opened(let stream, let info): opened(stream, info)
    case .message(let stream): message(stream, &events)
    case .ended(let stream): ended(stream, &events)
    case .reset(let stream, let code): wasReset(stream, code, &events)
    case .tooLarge(let stream, let bytes, let limit):
      asking.remove(stream)
      tags[stream] = nil
      finish(stream, .failure(.tooLarge(bytes: bytes, limit: limit)), &events)
    case .pong: life.ponged(at: now)
    case .goodbye(let reason): throw .goodbye(reason)
    }
  }

  private mutating func opened(_ stream: StreamID, _ info: StreamInfo) {
    let isTaken =
      info.kind == .exchange
      ? messageLimits.exchanges[info.tag] != nil : messageLimits.oneWays[info.tag] != nil
    guard isTaken else {
      // Nobody here takes this. That need not be a fault: the other end may be newer.
      try? connection?.mux.reset(stream, .refused)
      return
    }
    if info.kind == .exchange { asking.insert(stream) }
    tags[stream] = info.tag
  }

  private mutating func message(_ stream: StreamID, _ events: inout [PeerLinkEvent]) {
    guard let payload = connection?.mux.take(from: stream) ?? nil else { return }
    if asked[stream] != nil { return finish(stream, .success(payload), &events) }
    guard let tag = tags[stream] else { return }
    if asking.contains(stream) {
      // One request on a stream: what comes after it is not looked at.
      tags[stream] = nil
      events.append(.request(stream, type: tag, payload: payload))
    } else if tag == Self.wordTag {
      events.append(.word(payload))
    } else if messageLimits.oneWays[tag] != nil {
      events.append(.gossip(topic: tag, payload: payload))
    }
  }

  private mutating func ended(_ stream: StreamID, _ events: inout [PeerLinkEvent]) {
    // An end without an answer is a refusal.
    finish(stream, .failure(.refused), &events)
    if tags.removeValue(forKey: stream) != nil, asking.remove(stream) != nil {
      // It ended without having asked anything.
      try? connection?.mux.reset(stream, .refused)
    }
  }

  private mutating func wasReset(
    _ stream: StreamID, _ code: ResetCode, _ events: inout [PeerLinkEvent]
  ) {
    finish(stream, .failure(.refused), &events)
    tags[stream] = nil
    if asking.remove(stream) != nil { events.append(.withdrawn(stream)) }
    for (tag, own) in oneWays where own == stream { oneWays[tag] = nil }
  }

  private mutating func finish(
    _ stream: StreamID, _ result: Result<[UInt8], RequestError>, _ events: inout [PeerLinkEvent]
  ) {
    guard let number = asked.removeValue(forKey: stream) else { return }
    streams[number] = nil
    events.append(.answered(number, result))
  }
}
