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

  /// The types that are checked, each with what is wrong with the history of a seed, cut down to
  /// what is needed for that.
  private static let subjects: [(name: String, failure: @Sendable (UInt64) -> LawFailure?)] = [
    ("GCounter", failure(GCounter.self)), ("PNCounter", failure(PNCounter.self)),
    ("LWWRegister", failure(LWWRegister.self)), ("MVRegister", failure(MVRegister.self)),
    ("GSet", failure(GSet.self)), ("ORSet", failure(ORSet.self)), ("RWSet", failure(RWSet.self)),
    ("EWFlag", failure(EWFlag.self)), ("DWFlag", failure(DWFlag.self)),
    ("ORMap", failure(ORMap.self)), ("RGAText", failure(RGAText.self)),
  ]

  package static var types: [String] { subjects.map(\.name) }

  package private(set) var rows: [Row] = []
  package var isKept: Bool { rows.allSatisfy { $0.failure == nil } }

  /// Runs the histories of the seeds from `seed` on, `count` for each of `types`; stops a type at
  /// its first failure. Calls `progress` with the share that is done and the type, now and then.
  package init(
    count: UInt64, seed: UInt64, types: [String] = Self.types,
    progress: (Double, String) -> Void = { _, _ in }
  ) {
    let chosen = Self.subjects.filter { types.contains($0.name) }
    for (number, subject) in chosen.enumerated() {
      var run: UInt64 = 0
      var failure: (seed: UInt64, law: Law, detail: String)?
      while run < count, failure == nil {
        if run % 256 == 0 {
          let share = (Double(number) + Double(run) / Double(count)) / Double(chosen.count)
          progress(share, subject.name)
        }
        failure = subject.failure(seed &+ run).map { (seed &+ run, $0.law, $0.detail) }
        run += 1
      }
      rows.append(Row(type: subject.name, histories: run, failure: failure))
    }
  }

  private static func failure<Subject: LawSubject>(
    _ type: Subject.Type
  ) -> @Sendable (UInt64) -> LawFailure? {
    { seed in
      let history = LawHistory<Subject>(seed: seed)
      guard history.failure() != nil else { return nil }
      let smallest = history.shrunk()
      return smallest.failure().map {
        LawFailure(law: $0.law, detail: "\($0.detail) after \(smallest.steps)")
      }
    }
  }
}
