/// The laws of every type over random histories, as a table.
package struct LawTable: Sendable {
  /// One type: how many histories kept each law, and the first that broke one.
  package struct Row: Sendable {
    package let type: String
    package let histories: UInt64
    package let failure: (seed: UInt64, law: Law, detail: String)?

    /// The histories in which `law` held, as far as they were run.
    package func kept(_ law: Law) -> UInt64 {
      failure.map { law == $0.law ? histories - 1 : histories } ?? histories
    }
  }

  /// The types that are checked.
  private static var subjects: [(name: String, row: (Range<UInt64>, (UInt64) -> Void) -> Row)] {
    [
      ("GCounter", { row(GCounter.self, $0, progress: $1) }),
      ("PNCounter", { row(PNCounter.self, $0, progress: $1) }),
      ("LWWRegister", { row(LWWRegister.self, $0, progress: $1) }),
      ("MVRegister", { row(MVRegister.self, $0, progress: $1) }),
      ("GSet", { row(GSet.self, $0, progress: $1) }),
      ("ORSet", { row(ORSet.self, $0, progress: $1) }),
      ("RWSet", { row(RWSet.self, $0, progress: $1) }),
      ("EWFlag", { row(EWFlag.self, $0, progress: $1) }),
      ("DWFlag", { row(DWFlag.self, $0, progress: $1) }),
      ("ORMap", { row(ORMap.self, $0, progress: $1) }),
      ("RGAText", { row(RGAText.self, $0, progress: $1) }),
    ]
  }

  package static var types: [String] { subjects.map(\.name) }

  package private(set) var rows: [Row] = []
  package var isKept: Bool { rows.allSatisfy { $0.failure == nil } }

  /// Runs the histories of `seeds` for each of `types`. Calls `progress` with the share that is
  /// done and the type, now and then.
  package init(
    seeds: Range<UInt64>, types: [String] = Self.types,
    progress: (Double, String) -> Void = { _, _ in }
  ) {
    let chosen = Self.subjects.filter { types.contains($0.name) }
    for (number, subject) in chosen.enumerated() {
      rows.append(
        subject.row(seeds) { run in
          let share = Double(number) + Double(run) / Double(seeds.count)
          progress(share / Double(chosen.count), subject.name)
        })
    }
  }

  /// Runs the histories of `seeds` for one type, up to the first that breaks a law, which is cut
  /// down to what is needed for that.
  package static func row<Subject: LawSubject>(
    _ type: Subject.Type, _ seeds: Range<UInt64>, progress: (UInt64) -> Void = { _ in }
  ) -> Row {
    for seed in seeds {
      let run = seed - seeds.lowerBound
      if run % 256 == 0 { progress(run) }
      let history = LawHistory<Subject>(seed: seed)
      guard history.failure() != nil else { continue }
      let smallest = history.shrunk()
      return Row(
        type: "\(type)", histories: run + 1,
        failure: smallest.failure().map {
          (seed, $0.law, "\($0.detail) after \(smallest.steps)")
        })
    }
    return Row(type: "\(type)", histories: UInt64(seeds.count), failure: nil)
  }
}
