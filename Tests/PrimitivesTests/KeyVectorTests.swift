import Primitives
import TestSupport
import Testing

/// The keys recorded from the reference implementation.
@Suite struct KeyVectorTests {
  static let vectors = try! VectorFile.load("key_nibbles")

  @Test func wireForm_shouldEqualTheReference_andReadBack() throws {
    if VectorFile.isShipped { #expect(Self.vectors["encodings"].array.count > 100) }
    for vector in Self.vectors["encodings"].array {
      let key = vector["key"].key
      #expect(key.hex == vector["key"].text)
      #expect(key.wireBytes == vector["postcard"].hexBytes)
      #expect(try KeyNibbles(wireBytes: vector["postcard"].hexBytes) == key)
      #expect([UInt8(key.count)] + key.bytes == vector["content"].hexBytes)
    }
  }

  @Test func order_shouldEqualTheReference() {
    let sorted = Self.vectors["sorted"].array.map(\.key)
    let postOrder = Self.vectors["post_order"].array.map(\.key)
    if VectorFile.isShipped { #expect(sorted.count > 100) }
    #expect(sorted.shuffled().sorted() == sorted)
    #expect(postOrder.shuffled().sorted { $0.precedesInPostOrder($1) } == postOrder)
  }

  @Test func pairs_shouldEqualTheReference() {
    for vector in Self.vectors["pairs"].array {
      let (a, b) = (vector["a"].key, vector["b"].key)
      let order = a < b ? "less" : a == b ? "equal" : "greater"
      #expect(order == vector["cmp"].text)
      let postOrder =
        a.precedesInPostOrder(b) ? "less" : b.precedesInPostOrder(a) ? "greater" : "equal"
      #expect(postOrder == vector["post_order_cmp"].text)
      #expect(a.isPrefix(of: b) == vector["a_is_prefix_of_b"].bool)
      #expect(b.isPrefix(of: a) == vector["b_is_prefix_of_a"].bool)
      #expect(a.commonPrefix(with: b) == vector["common_prefix"].key)
      #expect(a.appending(b) == vector.optional("a_plus_b")?.key)
    }
  }

  /// Where the reference panics, a part that begins at or after the end is empty.
  @Test func parts_shouldEqualTheReference() {
    for vector in Self.vectors["slices"].array {
      let part = vector["key"].key.slice(vector["start"].integer, vector["end"].integer)
      let expected = vector["slice"].text
      #expect(part == (expected.hasPrefix("panic:") ? .empty : KeyNibbles(expected)))
    }
    for vector in Self.vectors["suffixes"].array {
      let part = vector["key"].key.suffix(from: vector["start"].integer)
      let expected = vector["suffix"].text
      #expect(part == (expected.hasPrefix("panic:") ? .empty : KeyNibbles(expected)))
    }
  }

  @Test func successorsAndNibbles_shouldEqualTheReference() {
    for vector in Self.vectors["successors"].array {
      #expect(vector[0].key.successor == (vector[1].isNull ? nil : vector[1].key))
    }
    for vector in Self.vectors["gets"].array {
      let key = vector["key"].key
      let index = vector["index"].integer
      let nibble = index < key.count ? key[index] : nil
      #expect(nibble == vector.optional("nibble")?.integer)
    }
  }

  /// The reference accepts a length in more bytes than it needs. One value must have one wire form,
  /// so we refuse that, and only that, on purpose.
  @Test func decoding_shouldAcceptAndRefuseLikeTheReference() {
    var refusedOnPurpose: [String] = []
    for vector in Self.vectors["decoding"].array {
      let bytes = vector["bytes"].hexBytes
      let note = vector["note"].text
      let whole = try? KeyNibbles(wireBytes: bytes)
      var decoder = WireDecoder(bytes)
      let prefix = try? KeyNibbles(from: &decoder)
      if note.contains("non-minimal") || note.contains("10-byte varint, top byte 0") {
        #expect(vector["deserialize_all"].text == "ok")
        #expect(whole == nil && prefix == nil)
        refusedOnPurpose.append(note)
      } else {
        #expect((whole != nil) == (vector["deserialize_all"].text == "ok"), "\(note)")
        #expect(prefix == vector.optional("key")?.key, "\(note)")
      }
    }
    if VectorFile.isShipped { #expect(refusedOnPurpose.count == 3) }
  }

  @Test func text_shouldParseLikeTheReference() {
    for vector in Self.vectors["parse"].array {
      let expected = vector["key"].text
      #expect(KeyNibbles(vector["text"].text) == (expected == "error" ? nil : KeyNibbles(expected)))
    }
    #expect(KeyNibbles(String(repeating: "f", count: 126))?.count == 126)
    #expect(KeyNibbles(String(repeating: "f", count: 127)) == nil)
  }
}
