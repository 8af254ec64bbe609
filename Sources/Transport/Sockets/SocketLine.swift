import CEpoll
import Glibc

/// What the kernel says of a socket of TCP.
enum SocketLine {
  /// Places in the kernel's `struct tcp_info` (linux/tcp.h), which only grows at its end.
  private enum Offset {
    static let present = 68
    static let least = 148
    static let rate = 160
    static let end = 168
  }

  /// What is known of the line; nil if the kernel does not tell all of it.
  static func reading(of descriptor: Int32) -> LineReading? {
    withUnsafeTemporaryAllocation(byteCount: 512, alignment: 8) { buffer in
      var length = socklen_t(buffer.count)
      let status = getsockopt(
        descriptor, Int32(IPPROTO_TCP), TCP_INFO, buffer.baseAddress, &length)
      guard status == 0, Int(length) >= Offset.end else { return nil }
      let present = buffer.loadUnaligned(fromByteOffset: Offset.present, as: UInt32.self)
      let least = buffer.loadUnaligned(fromByteOffset: Offset.least, as: UInt32.self)
      let rate = buffer.loadUnaligned(fromByteOffset: Offset.rate, as: UInt64.self)
      return LineReading(
        bytesPerSecond: Int(clamping: rate), least: .microseconds(Int64(least)),
        present: .microseconds(Int64(present)))
    }
  }

  /// Bytes that were handed on and that the other end has not acknowledged.
  static func outstanding(of descriptor: Int32) -> Int {
    var bytes: Int32 = 0
    // Nothing is held back for a kernel that does not tell.
    return ioctl(descriptor, UInt(SIOCOUTQ), &bytes) == 0 ? Int(bytes) : 0
  }
}
