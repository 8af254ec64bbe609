import Snapshot

/// Answers requests of ABCI out of a `SnapshotApplication`. Calls may take long and come one after
/// another.
public struct ABCIHandler: Sendable {
  /// What an operator may want to know of a call, in one line.
  public typealias Note = @Sendable (String) -> Void

  private let application: any SnapshotApplication
  private let version: String
  private let note: Note

  /// - Parameter version: What the program calls itself in `Info`.
  public init(_ application: any SnapshotApplication, version: String, note: @escaping Note) {
    self.application = application
    self.version = version
    self.note = note
  }

  /// The answer to a message; never nothing, since whoever asks waits for one.
  public func answer(_ message: [UInt8]) -> ABCIAnswer {
    do throws(ProtobufError) {
      return answer(try ABCIRequest(protobuf: message))
    } catch {
      return .exception("the request cannot be read: \(error)")
    }
  }

  /// The answer to a request.
  public func answer(_ request: ABCIRequest) -> ABCIAnswer {
    do throws(SnapshotFault) {
      return try answerOrThrow(request)
    } catch {
      note("answered with an exception: \(error)")
      return .exception("\(error)")
    }
  }

  private func answerOrThrow(_ request: ABCIRequest) throws(SnapshotFault) -> ABCIAnswer {
    switch request {
    case .echo(let text): return .echo(text)
    case .flush: return .flush
    case .info: return .info(try application.info(), version: version)
    case .query(let path): return query(path)
    case .listSnapshots: return .listSnapshots(try application.listSnapshots())
    case .offerSnapshot(let snapshot, let appHash):
      let answer = application.offerSnapshot(snapshot, appHash: appHash)
      note(
        "snapshot of height \(snapshot.height) in format \(snapshot.format): \(answer.verdict)"
          + (answer.fault.map { ": \($0)" } ?? ""))
      return .offerSnapshot(answer.verdict)
    case .loadSnapshotChunk(let height, let format, let chunk):
      return .loadSnapshotChunk(
        try application.loadSnapshotChunk(height: height, format: format, chunk: chunk))
    case .applySnapshotChunk(let index, let chunk, let sender):
      let answer = application.applySnapshotChunk(index: index, chunk: chunk, sender: sender)
      if let fault = answer.fault { note("chunk \(index): \(fault)") }
      return .applySnapshotChunk(answer.verdict)
    case .other(let number):
      return .exception(
        number.map { "request \($0) is not served here" } ?? "the request is empty")
    }
  }

  /// CometBFT asks whether it may have a peer; it may. Nothing else can be asked for.
  private func query(_ path: String) -> ABCIAnswer {
    path.hasPrefix("/p2p/filter/")
      ? .query(code: 0, log: "") : .query(code: 1, log: "there is no such path")
  }
}
