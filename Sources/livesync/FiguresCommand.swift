import Simulation
import Streams

/// `livesync figures`
enum FiguresCommand: Command {
  static let specification = CommandSpecification(
    name: "figures",
    summary: "Run the published figures of live sync and print them as Markdown.",
    positionals: [],
    options: [
      .init("--write", "FILE", help: "replace the section between the marks of this page instead")
    ],
    notes: [
      "About twenty-five runs, most of them with a million accounts: it takes several minutes and",
      "about 1.5 GB. The runs and what must hold of them are in Docs/Simulator.md.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    // Looked at first, so that no one waits for what cannot be written.
    let target = try arguments.text("--write").map { path in
      (file: try OutputFile(path: path), page: try page(path))
    }
    let meter = ProgressMeter()
    let figures = try SyncFigures(identity: BuildIdentity.current) { done, count, label in
      meter.show(done * 1_000_000 / count, "\(done) of \(count) runs, now \(label)")
    }
    Console.endProgress()
    let section = figures.markdown
    let code = figures.allHold ? ExitCode.pass : .liveness
    if let target, let text = SyncFigures.replaceSection(in: target.page, with: section) {
      do {
        try target.file.write(Array(text.utf8))
      } catch {
        // What took minutes is not thrown away with the page.
        Console.error(error.description)
        Console.print(section)
        return code == .pass ? .lost : code
      }
    } else if arguments.wantsJSON {
      Console.printJSON(figures.json)
    } else {
      Console.print(section)
    }
    return code
  }

  /// The page at `path`, which must have the marks.
  private static func page(_ path: String) throws -> String {
    var file = try InputFile(path: path)
    guard let text = String(validating: try file.all(limit: pageBytesMax), as: UTF8.self),
      SyncFigures.replaceSection(in: text, with: "") != nil
    else {
      throw UsageError("'\(path)' has no '\(SyncFigures.marks.begin)' with its end")
    }
    return text
  }

  /// Bytes of a page that can be written.
  private static let pageBytesMax = 1 << 20
}
