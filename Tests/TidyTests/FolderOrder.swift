/// Which folders of a room use which, by the types that they name.
struct FolderOrder {
  /// A use of one folder by another.
  struct Arrow: Hashable {
    let from: String
    let to: String
  }

  /// One use of each pair, as `Type in file`.
  let uses: [Arrow: String]

  /// - Parameter files: the Swift files of one room.
  init(_ files: [SourceFile]) {
    var homes: [String: Set<String>] = [:]
    for file in files {
      for line in file.code {
        if let type = line.firstMatch(of: Self.declaration) {
          homes[String(type.1), default: []].insert(Self.folder(file))
        }
      }
    }
    var uses: [Arrow: String] = [:]
    for file in files {
      let folder = Self.folder(file)
      for line in file.code {
        for name in line.matches(of: Self.typeName) {
          // A name that two folders declare says nothing.
          let type = String(name.1)
          guard let home = homes[type], home.count == 1, let target = home.first,
            target != folder
          else { continue }
          uses[Arrow(from: folder, to: target)] = "\(type) in \(file.path)"
        }
      }
    }
    self.uses = uses
  }

  /// The arrows that are part of a circle, as text; none in a room that is in order.
  var circles: [String] {
    uses.filter { reaches($0.key.to, $0.key.from) }
      .map { "\($0.key.from) uses \($0.key.to): \($0.value)" }.sorted()
  }

  private func reaches(_ start: String, _ end: String) -> Bool {
    var seen: Set<String> = [start]
    var open = [start]
    while let folder = open.popLast() {
      if folder == end { return true }
      for arrow in uses.keys where arrow.from == folder && seen.insert(arrow.to).inserted {
        open.append(arrow.to)
      }
    }
    return false
  }

  private static func folder(_ file: SourceFile) -> String {
    file.path.split(separator: "/").dropLast().joined(separator: "/")
  }

  private static var declaration: Regex<(Substring, Substring)> {
    /^(?:(?:public|package|final|indirect) )*(?:struct|class|enum|protocol|actor|typealias) (\w+)/
  }

  /// A name that is no member of another.
  private static var typeName: Regex<(Substring, Substring)> {
    /(?:^|[^.\w])([A-Z]\w+)/
  }
}
