import Primitives

/// Why a server cannot listen, and where.
public struct HTTPServerError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is in the way.
  public enum Reason: Hashable, Sendable {
    /// Something else listens there.
    case addressInUse
    /// Ports below 1024 may need a privilege.
    case permissionDenied
    /// It is no IPv4 or IPv6 address in digits.
    case notAnAddress
    /// No interface of this machine has the address.
    case notOfThisMachine
    /// No thread or no memory could be had for it.
    case noResources
    /// The system refused for another reason; its errno.
    case refused(code: Int32)
  }

  public let reason: Reason
  /// The address as it was given.
  public let address: String
  public let port: UInt16

  public var description: String {
    let place = address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
    let what =
      switch reason {
      case .addressInUse: "something else listens there"
      case .permissionDenied: "the system does not permit it; ports below 1024 need a privilege"
      case .notAnAddress: "'\(address)' is no IPv4 or IPv6 address in digits"
      case .notOfThisMachine: "this machine does not have the address"
      case .noResources: "no thread or memory for it"
      case .refused(let code): "the system refused (errno \(code))"
      }
    return PrintableText.line("cannot serve HTTP at \(place): \(what)")
  }
}
