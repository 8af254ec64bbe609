import CFuzzer
import Foundation
import FuzzTargets

/// Feeds one entry point with libFuzzer.
@main
struct Main {
  static let usage = """
    usage: livesync-fuzz --list | --corpus FOLDER | TARGET [libFuzzer option or corpus folder]...

      --list           print the names of all targets
      --corpus FOLDER  write the honest inputs of each target into FOLDER/TARGET
    """

  nonisolated(unsafe) static var target = FuzzTarget.all[0]

  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    switch arguments.first {
    case "--list":
      for target in FuzzTarget.all { print(target.name) }
    case "--corpus" where arguments.count == 2:
      try writeCorpus(to: URL(fileURLWithPath: CommandLine.arguments[2]))
    case let name?:
      guard let found = FuzzTarget.all.first(where: { $0.name == name }) else { fallthrough }
      target = found
      run()
    default:
      print(usage)
      exit(2)
    }
  }

  private static func writeCorpus(to folder: URL) throws {
    for target in FuzzTarget.all {
      let place = folder.appending(path: target.name)
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      for (index, seed) in target.seeds().enumerated() {
        try Data(seed).write(to: place.appending(path: "seed-\(index)"))
      }
    }
  }

  private static func run() -> Never {
    // libFuzzer takes the program's name and then its own options.
    var texts = ([CommandLine.arguments[0]] + CommandLine.arguments.dropFirst(2)).map { strdup($0) }
    texts.append(nil)
    var count = Int32(texts.count - 1)
    let status = texts.withUnsafeMutableBufferPointer { buffer in
      var base = buffer.baseAddress
      return LLVMFuzzerRunDriver(&count, &base) { data, size in
        let input = Array(UnsafeBufferPointer(start: data, count: size))
        if let finding = Main.target.finding(in: input) {
          FileHandle.standardError.write(Data("\(Main.target.name): \(finding)\n".utf8))
          abort()
        }
        return 0
      }
    }
    exit(status)
  }
}
