import Compression
import Runtime

/// A sorted snapshot of keys and values and a later one, for tests and measurements: 32 hexadecimal
/// digits of key, "=", 96 digits of value and a line feed are 130 bytes a record.
package struct SampleSnapshot {
  package let base: [UInt8]
  package let target: [UInt8]

  /// - Parameters:
  ///   - records: of the base; 400,000 make 52 MB.
  ///   - changed: records with a new value, scattered at random.
  ///   - replaced: records that are removed, and as many that are new.
  package init(records: Int, changed: Int, replaced: Int, seed: UInt64) {
    var numbers = SplitMix64(state: seed)
    func key() -> [UInt64] { [numbers.next(), numbers.next()] }
    func value() -> [UInt64] { (0..<6).map { _ in numbers.next() } }
    var rows = (0..<records).map { _ in Row(key: key(), value: value()) }
    rows.sort { $0.key.lexicographicallyPrecedes($1.key) }
    base = Self.bytes(of: rows)
    for _ in 0..<changed where records > 0 {
      rows[Int(numbers.next() % UInt64(records))].value = value()
    }
    for _ in 0..<min(replaced, records) {
      rows.remove(at: Int(numbers.next() % UInt64(rows.count)))
    }
    rows += (0..<replaced).map { _ in Row(key: key(), value: value()) }
    rows.sort { $0.key.lexicographicallyPrecedes($1.key) }
    target = Self.bytes(of: rows)
  }

  /// Bytes of the zstd frame that makes the target of the base, as a share of the target.
  package func zstdPatchShare(level: Int) -> Double {
    guard let frame = ZstdCompressor(level: level).frame(of: target, after: base) else { return 1 }
    return Double(frame.count) / Double(target.count)
  }

  private struct Row {
    let key: [UInt64]
    var value: [UInt64]
  }

  private static let digits = Array("0123456789abcdef".utf8)

  private static func bytes(of rows: [Row]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(rows.count * 130)
    func add(_ word: UInt64) {
      for shift in stride(from: 60, through: 0, by: -4) {
        bytes.append(digits[Int(word >> UInt64(shift) & 15)])
      }
    }
    for row in rows {
      row.key.forEach(add)
      bytes.append(UInt8(ascii: "="))
      row.value.forEach(add)
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }
}
