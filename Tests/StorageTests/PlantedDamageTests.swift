import Foundation
import Storage
import TestSupport
import Testing

/// One damage for each rule that a file must keep, made by who knows the format. All else about the
/// file stays as it should be, so that nothing but that rule can find it.
@Suite struct PlantedDamageTests {
  /// A file's pages, to be changed where they are.
  private struct Pages {
    var data: Data
    static let bytes = 4_096

    func number<Number: FixedWidthInteger>(_ page: Int, _ offset: Int) -> Number {
      let start = data.startIndex + page * Self.bytes + offset
      return data[start..<(start + Number.bitWidth / 8)].reversed().reduce(0) {
        $0 << 8 | Number(truncatingIfNeeded: $1)
      }
    }

    mutating func set<Number: FixedWidthInteger>(_ page: Int, _ offset: Int, _ number: Number) {
      let start = data.startIndex + page * Self.bytes + offset
      for index in 0..<(Number.bitWidth / 8) {
        data[start + index] = UInt8(truncatingIfNeeded: number >> Number(8 * index))
      }
    }

    func read(_ page: Int, _ offset: Int) -> Int { Int(number(page, offset) as UInt64) }
    func short(_ page: Int, _ offset: Int) -> Int { Int(number(page, offset) as UInt16) }

    /// The meta page of the newest state.
    var newest: Int { read(0, 144) > read(1, 144) ? 0 : 1 }
    /// The only leaf of the table of free pages and of that of tables.
    var freeLeaf: Int { read(newest, 80) }
    var tablesLeaf: Int { read(newest, 128) }

    func count(_ page: Int) -> Int { (short(page, 12) - 16) / 2 }
    func node(_ page: Int, _ index: Int) -> Int { short(page, 16 + 2 * index) }
    /// Where the value of a leaf's node begins.
    func value(_ page: Int, _ index: Int) -> Int {
      node(page, index) + 8 + short(page, node(page, index) + 6)
    }
    func child(_ page: Int, _ index: Int) -> Int {
      Int(number(page, node(page, index)) as UInt32)
    }

    /// Where the description of the records' table stands in its leaf: tables are in order.
    var description: Int { value(tablesLeaf, 1) }
    var root: Int { read(tablesLeaf, description + 40) }

    /// A leaf of the records with a long value, and the number of its node.
    func longValue() -> (leaf: Int, node: Int)? {
      for index in 0..<count(root) {
        let leaf = child(root, index)
        for node in 0..<count(leaf) where short(leaf, self.node(leaf, node) + 4) == 1 {
          return (leaf, node)
        }
      }
      return nil
    }

    /// The last list of free pages: its place in the leaf, and its first page.
    var freeList: (offset: Int, count: Int) {
      let offset = value(freeLeaf, count(freeLeaf) - 1)
      return (offset, read(freeLeaf, offset))
    }
  }

  /// What is done, and what the error must say.
  private struct Plant: Sendable {
    let name: String
    let words: String
    let change: @Sendable (inout Pages) throws -> Void

    init(
      _ name: String, _ words: String, _ change: @escaping @Sendable (inout Pages) throws -> Void
    ) {
      self.name = name
      self.words = words
      self.change = change
    }
  }

  private static let plants: [Plant] = [
    Plant("a branch leads to itself", "it is named twice") { pages in
      let (root, node) = (pages.root, pages.node(pages.root, 0))
      // The same kind at the next level.
      pages.set(root, node, UInt32(root))
    },
    Plant("two branches lead to one leaf", "it is named twice") { pages in
      let root = pages.root
      pages.set(root, pages.node(root, 1), UInt32(pages.child(root, 0)))
    },
    Plant("a branch leads to a free copy of its leaf", "it is free and used") { pages in
      let (list, count) = pages.freeList
      try #require(count > 0)
      let free = pages.read(pages.freeLeaf, list + 8)
      let (root, leaf) = (pages.root, pages.child(pages.root, 0))
      pages.data = FileDamage.copied(free, from: leaf).applied(to: pages.data)
      pages.set(free, 0, UInt64(free))
      pages.set(root, pages.node(root, 0), UInt32(free))
    },
    Plant("a branch leads behind the last page", "it is behind the last page") { pages in
      pages.set(pages.root, pages.node(pages.root, 0), UInt32(1 << 20))
    },
    Plant("two nodes are the same", "overlaps another") { pages in
      let leaf = pages.child(pages.root, 0)
      pages.set(leaf, 18, UInt16(pages.node(leaf, 0)))
    },
    Plant("two nodes have changed places", "is not in order") { pages in
      let leaf = pages.child(pages.root, 0)
      let nodes = (pages.node(leaf, 0), pages.node(leaf, 1))
      pages.set(leaf, 16, UInt16(nodes.1))
      pages.set(leaf, 18, UInt16(nodes.0))
    },
    Plant("a key lies outside of its branch", "is not before that of the next page") { pages in
      // The two first leaves change places, and only the branch tells what they should hold.
      let root = pages.root
      let children = (pages.child(root, 0), pages.child(root, 1))
      pages.set(root, pages.node(root, 0), UInt32(children.1))
      pages.set(root, pages.node(root, 1), UInt32(children.0))
    },
    Plant("the free space is inside out", "its free space is from") { pages in
      let leaf = pages.child(pages.root, 0)
      pages.set(leaf, 14, UInt16(pages.short(leaf, 12) - 2))
    },
    Plant("there is a gap before the nodes", "its nodes have") { pages in
      let leaf = pages.child(pages.root, 0)
      pages.set(leaf, 14, UInt16(pages.short(leaf, 14) - 2))
    },
    Plant("a branch has one node", "it has 1 nodes") { pages in
      let (root, child) = (pages.root, pages.child(pages.root, 0))
      let node = Pages.bytes - 8
      pages.set(root, node, UInt64(child))
      pages.set(root, 16, UInt16(node))
      pages.set(root, 12, UInt16(18))
      pages.set(root, 14, UInt16(node))
    },
    Plant("a node is longer than its page", "bytes") { pages in
      let leaf = pages.child(pages.root, 0)
      pages.set(leaf, pages.node(leaf, 0), UInt32(1 << 20))
    },
    Plant("a leaf says it is a branch", "not that of a leaf") { pages in
      pages.set(pages.child(pages.root, 0), 10, UInt16(1))
    },
    Plant("a node has an unknown flag", "has the flags") { pages in
      let leaf = pages.child(pages.root, 0)
      pages.set(leaf, pages.node(leaf, 0) + 4, UInt16(4))
    },
    Plant("a table has one entry more", "entries, not") { pages in
      let (leaf, place) = (pages.tablesLeaf, pages.description + 32)
      pages.set(leaf, place, UInt64(pages.read(leaf, place) + 1))
    },
    Plant("a table has one level more", "not that of a branch") { pages in
      pages.set(pages.tablesLeaf, pages.description + 6, UInt16(3))
    },
    Plant("a table has more levels than a cursor holds", "it has 33 levels") { pages in
      pages.set(pages.tablesLeaf, pages.description + 6, UInt16(33))
    },
    Plant("a table is empty and has levels", "its root is page") { pages in
      pages.set(pages.tablesLeaf, pages.description + 40, UInt64.max)
    },
    Plant("a long value has fewer pages than it needs", "pages for a value of") { pages in
      let (leaf, node) = try #require(pages.longValue())
      pages.set(pages.read(leaf, pages.value(leaf, node)), 12, UInt32(0))
    },
    Plant("a long value has a page more", "page") { pages in
      let (leaf, node) = try #require(pages.longValue())
      let first = pages.read(leaf, pages.value(leaf, node))
      pages.set(first, 12, UInt32(pages.number(first, 12) as UInt32) + 1)
    },
    Plant("a long value begins on a leaf", "it does not begin a long value") { pages in
      let (leaf, node) = try #require(pages.longValue())
      // A page that is free is claimed by nobody before.
      pages.set(
        leaf, pages.value(leaf, node), UInt64(pages.read(pages.freeLeaf, pages.freeList.offset + 8))
      )
    },
    Plant("a list of free pages is longer than its value", "a list of free pages") { pages in
      let (list, count) = pages.freeList
      pages.set(pages.freeLeaf, list, UInt64(count + 1))
    },
    Plant("a list of free pages lacks its last", "nothing uses it, and it is not free") { pages in
      let (list, count) = pages.freeList
      pages.set(pages.freeLeaf, list, UInt64(count - 1))
    },
    Plant("a list of free pages names a page twice", "out of order") { pages in
      let list = pages.freeList.offset
      pages.set(
        pages.freeLeaf, list + 16, UInt64(pages.read(pages.freeLeaf, list + 8)))
    },
    Plant("the map is smaller than its pages", "it says that the map has") { pages in
      pages.set(pages.newest, 32, UInt64(4_096))
    },
    Plant("the last page is out of all bounds", "is the last one") { pages in
      pages.set(pages.newest, 136, UInt64.max)
    },
  ]

  @Test func everyRule_shouldBeSeen_whenNothingElseIsWrong() throws {
    let place = try DamagePlace(seed: 7)
    let used = place.sound.prefix(try LMDBArchive(path: place.folder.store).bytesInUse)
    for plant in Self.plants {
      var pages = Pages(data: used)
      try plant.change(&pages)
      try pages.data.write(to: URL(filePath: place.folder.file))
      let error = #expect(throws: StorageError.self, "\(plant.name)") {
        _ = try LMDBArchive(path: place.folder.store)
      }
      let words = error?.description ?? "nothing"
      #expect(error?.isDamage == true && error?.reason == "corrupted", "\(plant.name): \(words)")
      #expect(words.contains(plant.words), "\(plant.name): \(words)")
    }
  }
}
