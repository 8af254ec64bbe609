import Primitives
import Runtime
import Streams

/// Why the file of members cannot be used.
public struct MemberFileError: Error, Hashable, Sendable, CustomStringConvertible {
  public let path: String
  public let reason: String

  public var description: String { "\(path): \(reason)" }
}

/// The file with members and pinned keys of a node, replaced as a whole off the loop's thread.
///
/// `@unchecked Sendable`: touched on the loop's thread only, but for what the worker does.
package final class MemberFile: @unchecked Sendable {
  private let path: String
  private let runtime: any Runtime
  private let worker: any Worker
  private let notice: @Sendable (String) -> Void
  private var waiting: [UInt8]?
  private var isWriting = false

  init(_ path: String, _ runtime: any Runtime, notice: @escaping @Sendable (String) -> Void) {
    self.path = path
    self.runtime = runtime
    self.notice = notice
    worker = runtime.worker("members")
  }

  /// What was stored; empty if nothing was yet.
  package static func read(_ path: String) throws(MemberFileError) -> MemberBook {
    let bytes: [UInt8]
    do throws(StreamError) {
      var file = try InputFile(path: path)
      bytes = try file.all(limit: KeyValueLimits.membersFileBytesMax)
    } catch {
      guard error.isAbsent else { throw MemberFileError(path: path, reason: "\(error)") }
      return MemberBook()
    }
    do throws(WireError) { return try MemberBook(wireBytes: bytes) } catch {
      throw MemberFileError(path: path, reason: "no list of members: \(error)")
    }
  }

  /// Stores the newest book; those that wait meanwhile are left out.
  func store(_ book: MemberBook) {
    waiting = book.wireBytes
    guard !isWriting else { return }
    isWriting = true
    runtime.spawn("members") { [self] in
      while let bytes = waiting {
        waiting = nil
        let failure: StreamError? = await worker.run { [path] in
          do throws(StreamError) {
            try OutputFile(path: path).write(bytes)
            return nil
          } catch { return error }
        }
        if let failure { notice("the members were not stored: \(failure)") }
      }
      isWriting = false
    }
  }
}

extension ReplicationShell {
  /// What the last run knew of the cluster.
  func openMembers() throws(MemberFileError) -> MemberBook {
    guard let path = plan.membersFile else { return MemberBook() }
    let book = try MemberFile.read(path)
    members = MemberFile(path, runtime, notice: notice)
    return book
  }
}
