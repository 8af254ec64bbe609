import Primitives

/// Where an address stands in the book: a keyed hash of it, its group and its source's group.
struct AddressPlaces: Sendable {
  static let newCount = TransportLimits.newBuckets * TransportLimits.bucketPlaces
  static let triedCount = TransportLimits.triedBuckets * TransportLimits.bucketPlaces

  private enum Purpose: UInt8 {
    case newSpread, newBucket, newPlace, triedSpread, triedBucket, triedPlace
  }

  let secret: Hash256

  /// The place of an address that was heard of: one group of sources reaches
  /// `TransportLimits.newBucketsPerSource` buckets.
  func new(_ address: PeerAddress, from source: PeerAddress) -> Int {
    let spread = number(
      .newSpread, [source.group, address.group], below: TransportLimits.newBucketsPerSource)
    let bucket = number(
      .newBucket, [source.group, UInt64(spread)], below: TransportLimits.newBuckets)
    return place(.newPlace, in: bucket, of: address)
  }

  /// The place of an address that a connection was made to: one group of addresses reaches
  /// `TransportLimits.triedBucketsPerGroup` buckets.
  func tried(_ address: PeerAddress) -> Int {
    let spread = number(
      .triedSpread, [], address.wireBytes, below: TransportLimits.triedBucketsPerGroup)
    let bucket = number(
      .triedBucket, [address.group, UInt64(spread)], below: TransportLimits.triedBuckets)
    return place(.triedPlace, in: bucket, of: address)
  }

  private func place(_ purpose: Purpose, in bucket: Int, of address: PeerAddress) -> Int {
    bucket * TransportLimits.bucketPlaces
      + number(
        purpose, [UInt64(bucket)], address.wireBytes, below: TransportLimits.bucketPlaces)
  }

  private func number(
    _ purpose: Purpose, _ numbers: [UInt64], _ bytes: [UInt8] = [], below bound: Int
  ) -> Int {
    var encoder = WireEncoder()
    encoder.append(secret)
    encoder.append(byte: purpose.rawValue)
    for number in numbers { encoder.append(number) }
    encoder.append(raw: bytes)
    return Int(Blake2b256.hash(encoder.bytes).words.0 % UInt64(bound))
  }
}
