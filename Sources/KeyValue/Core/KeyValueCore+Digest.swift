extension KeyValueCore {
  /// The sum of the records' ids at the root of the Merkle tree, as 32 hexadecimal digits. Stores
  /// that hold the same have the same.
  public var digest: String {
    mutating get {
      let sum = recordTree.roughNode(.root).sum
      return [sum.high, sum.low].map { word in
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
      }.joined()
    }
  }
}
