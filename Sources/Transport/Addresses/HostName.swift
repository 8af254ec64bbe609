import Glibc
import Primitives

/// The name of a host, such as "seed.example.org", which somebody has to look up.
///
/// Labels of letters, digits, '-' and '_' between dots (RFC 1123, section 2.1, and names that
/// operators use besides); the last label begins with a letter, so no name can be taken for an
/// address in digits, whatever its form. A dot at the end keeps search domains out.
public struct HostName: Sendable, Hashable, CustomStringConvertible {
  public let text: String

  /// Nil if the text is no such name. It is not looked up.
  public init?(_ text: String) {
    let whole = text.hasSuffix(".") ? text.dropLast() : text[...]
    let labels = whole.split(separator: ".", omittingEmptySubsequences: false)
    guard whole.utf8.count <= TransportLimits.hostNameBytesMax, labels.allSatisfy(Self.isLabel),
      let first = labels.last?.utf8.first, Self.isLetter(first)
    else { return nil }
    self.text = text
  }

  public var description: String { text }

  private static func isLabel(_ label: Substring) -> Bool {
    (1...TransportLimits.hostLabelBytesMax).contains(label.utf8.count)
      && label.utf8.first != UInt8(ascii: "-") && label.utf8.last != UInt8(ascii: "-")
      && label.utf8.allSatisfy { byte in
        isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
      }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }
}

/// Why a name gave no address.
public struct NameFailure: Error, Hashable, Sendable, CustomStringConvertible {
  public let host: HostName
  public let reason: String

  public init(_ host: HostName, _ reason: String) {
    self.host = host
    self.reason = reason
  }

  public var description: String { "the name '\(host)' cannot be resolved: \(reason)" }
}

extension HostName {
  /// The addresses of the host as the operating system knows them now (`getaddrinfo`: hosts file,
  /// DNS and so on), in its order, at most `TransportLimits.hostAddressesMax`.
  ///
  /// - Important: Waits for servers, as long as the resolver is told to; not for an event loop.
  public func addresses() -> Result<[SocketAddress.Host], NameFailure> {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(text, nil, &hints, &list)
    guard status == 0 else {
      let code = errno
      let reason =
        status == EAI_SYSTEM ? SystemText.of(code) : String(cString: gai_strerror(status))
      return .failure(NameFailure(self, reason))
    }
    defer { freeaddrinfo(list) }
    var hosts: [SocketAddress.Host] = []
    var next = list
    while let entry = next, hosts.count < TransportLimits.hostAddressesMax {
      next = entry.pointee.ai_next
      let address = SocketAddress { storage, length in
        guard let system = entry.pointee.ai_addr, entry.pointee.ai_addrlen <= length.pointee else {
          return -1
        }
        UnsafeMutableRawPointer(storage).copyMemory(
          from: system, byteCount: Int(entry.pointee.ai_addrlen))
        return 0
      }
      if let host = address?.canonical.host, !hosts.contains(host) { hosts.append(host) }
    }
    return hosts.isEmpty ? .failure(NameFailure(self, "it has no address")) : .success(hosts)
  }
}
