import Foundation
import Ledger
import Storage
import Streams

/// `livesync db check DIR`
enum DbCheckCommand: Command {
  static let specification = CommandSpecification(
    name: "db check",
    summary: "Check a data directory, of a chain or of a key-value node: every record.",
    positionals: ["DIR"],
    options: [],
    notes: [
      "The directory is not changed, and no node may have it open. Prints the first difference",
      "with its place. Exit codes: \(ExitCode.pass.rawValue) sound, "
        + "\(ExitCode.refuted.rawValue) damaged, \(ExitCode.unopened.rawValue) cannot be opened.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let directory = arguments.positionals[0]
    if KvData.isStore(directory) { return try KvData.check(arguments) }
    let fault: LedgerStoreError?
    do throws(StorageError) {
      fault = try check(directory)
    } catch {
      guard error.isDamage else { throw error }
      fault = .storage(error)
    }
    Console.endProgress()
    if let fault, isUnopened(fault) { throw fault }
    if arguments.wantsJSON {
      var object: [String: Any] = ["directory": directory]
      object["verdict"] = fault == nil ? "sound" : "damaged"
      object["reason"] = fault?.reason
      object["difference"] = fault?.description
      Console.printJSON(DbJSON.text(object))
    } else {
      Console.print(fault.map { "damaged: \($0)" } ?? "sound: \(directory)")
    }
    return fault == nil ? .pass : .refuted
  }

  /// The first difference. Pages and checksums come first, since nothing else can be read without.
  private static func check(_ directory: String) throws(StorageError) -> LedgerStoreError? {
    let meter = ProgressMeter()
    meter.show(0, "checking pages")
    let archive = try LMDBArchive(path: directory, checksRecords: true)
    return try archive.read { snapshot throws(StorageError) in
      check(snapshot) { part, what in meter.show(part, "checking \(what)") }
    }
  }

  private static func check(
    _ snapshot: borrowing StoreSnapshot, progress: (Int, String) -> Void
  ) -> LedgerStoreError? {
    do throws(LedgerStoreError) {
      try StoredChain.check(in: snapshot) { progress($0 / 2, "blocks") }
      try StoredChain.checkState(in: snapshot) { progress(500_000 + $0 / 2, "state") }
      return nil
    } catch { return error }
  }

  /// True if there is no chain here that could be damaged.
  private static func isUnopened(_ error: LedgerStoreError) -> Bool {
    [LedgerStoreError.noChain.reason, "newer_format"].contains(error.reason)
  }
}

/// One line of JSON.
enum DbJSON {
  static func text(_ object: [String: Any]) -> String {
    let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? JSONSerialization.data(withJSONObject: object, options: options) else {
      preconditionFailure("no JSON of \(object)")
    }
    return String(decoding: data, as: UTF8.self)
  }
}
