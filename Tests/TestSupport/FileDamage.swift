import Foundation

/// One way to damage a file of pages, as plain data.
public enum FileDamage: Sendable, CustomStringConvertible {
  case bit(byte: Int, bit: Int)
  case zeroed(page: Int)
  case swapped(Int, Int)
  /// The first page is overwritten by the second.
  case copied(Int, from: Int)
  case truncated(to: Int)
  case extended(by: Int)

  public static let pageBytes = 4_096

  /// Draws one for a file of `bytes` bytes; most are flipped bits.
  public init(bytes: Int, _ random: inout SeededGenerator) {
    let pages = bytes / Self.pageBytes
    let (first, second) = (random.below(pages), random.below(pages))
    switch random.below(16) {
    case 0: self = .zeroed(page: first)
    case 1, 2: self = .swapped(first, second)
    case 3, 4: self = .copied(first, from: second)
    case 5: self = .truncated(to: random.below(bytes))
    case 6: self = .extended(by: 1 + random.below(100_000))
    default: self = .bit(byte: random.below(bytes), bit: random.below(8))
    }
  }

  /// The damaged form of `file`.
  public func applied(to file: Data) -> Data {
    var file = file
    switch self {
    case .bit(let byte, let bit): file[file.startIndex + byte] ^= 1 << UInt8(bit)
    case .zeroed(let page): put(Data(count: Self.pageBytes), at: page, &file)
    case .swapped(let first, let second):
      let pages = (Self.page(first, of: file), Self.page(second, of: file))
      put(pages.1, at: first, &file)
      put(pages.0, at: second, &file)
    case .copied(let target, let source): put(Self.page(source, of: file), at: target, &file)
    case .truncated(let bytes): file = file.prefix(bytes)
    case .extended(let bytes): file.append(Data(repeating: 0x5a, count: bytes))
    }
    return file
  }

  private static func page(_ page: Int, of file: Data) -> Data {
    file[(file.startIndex + page * pageBytes)..<(file.startIndex + (page + 1) * pageBytes)]
  }

  private func put(_ bytes: Data, at page: Int, _ file: inout Data) {
    let start = file.startIndex + page * Self.pageBytes
    file.replaceSubrange(start..<(start + Self.pageBytes), with: bytes)
  }

  public var description: String {
    switch self {
    case .bit(let byte, let bit): "bit \(bit) of byte \(byte) (page \(byte / Self.pageBytes))"
    case .zeroed(let page): "page \(page) of zeros"
    case .swapped(let first, let second): "pages \(first) and \(second) swapped"
    case .copied(let target, let source): "page \(target) overwritten by page \(source)"
    case .truncated(let bytes): "truncated to \(bytes) bytes"
    case .extended(let bytes): "\(bytes) bytes more"
    }
  }
}
