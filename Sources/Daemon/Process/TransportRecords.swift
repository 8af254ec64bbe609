import EventLog
import Networking
import Transport

extension Event.Transport {
  /// The record of what the transport told.
  init(_ event: TransportEvent) {
    switch event {
    case .listening(let address): self = .listening(address: "\(address)")
    case .connected(let peer, let direction, let address):
      self = .connected(peer: peer.number, dialler: Event.Dialler(direction), address: "\(address)")
    case .disconnected(let peer, let end):
      self = .disconnected(peer: peer.number, reason: end.reason, detail: "\(end)")
    case .failed(let direction, let address, let end):
      self = .failed(
        dialler: Event.Dialler(direction), address: "\(address)", reason: end.reason,
        detail: "\(end)")
    case .refused(let address, let rule): self = .refused(address: "\(address)", reason: rule)
    case .unresolved(let peer, let failure):
      self = .unresolved(address: "\(peer.place)", reason: failure.reason)
    case .banned(let identity, let reason): self = .banned(identity: identity, reason: reason)
    }
  }
}

extension Event.Dialler {
  init(_ direction: ConnectionDirection) {
    self = direction == .inbound ? .inbound : .outbound
  }
}
