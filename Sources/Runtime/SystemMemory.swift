import CEpoll
import Glibc

/// How the process takes memory from the operating system.
public enum SystemMemory {
  /// Bytes from which a block is taken from the operating system by itself.
  private static let ownBlockBytesMin: Int32 = 128 << 10

  /// Lets every large block go back to the operating system when it is freed, for a process that
  /// runs for long. By itself the C library raises that size with each such block that is freed, up
  /// to 32 MiB (mallopt(3), `M_MMAP_THRESHOLD`), and messages of many sizes leave its heap full of
  /// gaps. To be called first.
  public static func returnLargeBlocks() {
    // A library that does not know the parameter refuses it, and works as before.
    _ = mallopt(M_MMAP_THRESHOLD, ownBlockBytesMin)
  }
}
