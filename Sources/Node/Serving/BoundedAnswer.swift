/// Makes answers that stay below a number of bytes, whatever the sizes of what they are made of.
///
/// How large an answer gets is only known once it is made. So a small one is made first, and larger
/// ones as long as they are expected to fit: at no time is much more held than may be sent.
package enum BoundedAnswer {
  /// The largest answer of at most `limit` parts and about `bytesMax` bytes that was found; one
  /// part is given however large it is. Nil if `make` gives none.
  /// - Parameters:
  ///   - first: parts of the first try.
  ///   - make: an answer of at most so many parts.
  ///   - size: parts and bytes of an answer.
  package static func largest<Answer>(
    limit: Int, first: Int, bytesMax: Int, make: (Int) -> Answer?,
    size: (Answer) -> (parts: Int, bytes: Int)
  ) -> Answer? {
    var limit = limit
    var tried = max(1, min(limit, first))
    var best: Answer?
    while let answer = make(tried) {
      let (parts, bytes) = size(answer)
      if bytes > bytesMax, tried > 1 {
        // Too large, and every further try is smaller than this one.
        limit = tried - 1
        if let best { return best }
        tried = max(1, min(limit, Self.scaled(tried, by: bytesMax, of: bytes)))
        continue
      }
      best = answer
      let next = min(limit, Self.scaled(tried, by: bytesMax, of: max(1, bytes)))
      // An answer with fewer parts than were allowed is all there is.
      if parts < tried || next <= tried { return answer }
      tried = next
    }
    return best
  }

  /// Parts that are expected to have nine tenths of `bytesMax`, if `count` have `bytes`.
  private static func scaled(_ count: Int, by bytesMax: Int, of bytes: Int) -> Int {
    Int(min(1e9, Double(count) * Double(bytesMax) * 0.9 / Double(bytes)))
  }
}
