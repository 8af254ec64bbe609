import Foundation
import TestSupport
import Testing

@Suite struct VectorFileTests {
  @Test(arguments: [
    "key_nibbles", "chunks", "diffs", "node_hash", "partial_scenarios", "proofs", "tries",
  ])
  func vectorFile_shouldLoad_whenItIsInTheFixtures(name: String) throws {
    #expect(try !VectorFile.load(name).object.isEmpty)
  }

  @Test func jsonValue_shouldTellBooleansFromNumbers() throws {
    let text = #"{"a":[true,false,0,1,-5,null,"x",9007199254740993]}"#
    let value = try JSONValue(parsing: Data(text.utf8))
    #expect(
      value["a"].array == [
        .bool(true), .bool(false), .integer(0), .integer(1), .integer(-5), .null, .text("x"),
        .integer(9_007_199_254_740_993),
      ])
  }
}
