import Foundation
import Simulation

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
    let path = arguments.text("--write")
    // Looked at first, so that no one waits for what cannot be written.
    let page = try path.map(page)
    let meter = ProgressMeter()
    let figures = try SyncFigures(identity: BuildIdentity.current) { done, count, label in
      meter.show(done * 1_000_000 / count, "\(done) of \(count) runs, now \(label)")
    }
    Console.endProgress()
    let section = figures.markdown
    if let path, let page, let text = SyncFigures.replaceSection(in: page, with: section) {
      do { try Data(text.utf8).write(to: URL(fileURLWithPath: path)) } catch {
        throw UsageError("'\(path)' could not be written: \(error.localizedDescription)")
      }
    } else {
      Console.print(arguments.wantsJSON ? figures.json : section)
    }
    return figures.allHold ? .pass : .liveness
  }

  /// The page at `path`, which must have the marks.
  private static func page(_ path: String) throws(UsageError) -> String {
    let bytes: [UInt8]
    do { bytes = try InputFile.bytes(of: path, limit: pageBytesMax) } catch {
      throw error as? UsageError ?? UsageError("'\(path)' cannot be read: \(error)")
    }
    let text = String(decoding: bytes, as: UTF8.self)
    guard SyncFigures.replaceSection(in: text, with: "") != nil else {
      throw UsageError("'\(path)' has no '\(SyncFigures.marks.begin)' with its end")
    }
    return text
  }

  /// Bytes of a page that can be written.
  private static let pageBytesMax = 1 << 20
}
