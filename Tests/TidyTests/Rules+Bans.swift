extension TidyRule {
  /// A construct that a room must not use.
  private struct Ban: Sendable {
    let pattern: @Sendable () -> Regex<AnyRegexOutput>
    let replacement: String

    init(_ pattern: String, _ replacement: String) {
      // A pattern is a constant of this file: if it does not parse, no test may pass.
      self.pattern = { try! Regex(pattern).wordBoundaryKind(.simple) }
      self.replacement = replacement
    }
  }

  /// What would let the machine decide the course of a run.
  private static let nondeterminism = [
    Ban(#"\bTask\s*(\{|\(|<)"#, "start children in a task group or by runtime.spawn"),
    Ban(#"\bTask\.(detached|immediate)"#, "start children in a task group or by runtime.spawn"),
    Ban(#"\bTask\.sleep"#, "use runtime.sleep"),
    Ban(#"@MainActor"#, "leave the executor to the runtime"),
    Ban(#"\bDispatch(Queue|Group|Time|Semaphore|Source|WorkItem)?\b"#, "use the runtime"),
    Ban(#"\b(Thread|Timer)\b\s*[.(]|(^|[^.\w])(usleep|nanosleep|sleep)\(\d"#, "use runtime.sleep"),
    Ban(
      #"\bDate\s*\(|\bDate\.now|\b(Continuous|Suspending)Clock\b|clock_gettime"#,
      "use runtime.now"),
    Ban(
      #"\.random\((in\b|\))|\brandom(Element)?\(\)|\bshuffled?\(\)|SystemRandomNumberGenerator"#,
      "draw from a RandomStream of the runtime"),
    Ban(#"\bUUID\(\)"#, "draw from a RandomStream of the runtime"),
    Ban(#"\.hashValue\b|\bHasher\(\)"#, "use a HashFunction: Swift's hashes differ by process"),
  ]

  private static let traps = [
    Ban(#"\btry!"#, "handle the error, or return an optional and guard it"),
    Ban(#"\bas!"#, "use as? and guard it"),
    Ban(#"\bfatalError\("#, "throw, or preconditionFailure that prints an impossible state"),
  ]

  /// What ends a program when it cannot write, reads without a bound, takes what is no JSON or puts
  /// a file in the place of a device.
  private static let unchecked = [
    Ban(
      #"(^|[^.\w])(print|debugPrint|dump|puts|fputs|fopen|fwrite)\("#,
      "record an event; executables print by Console"),
    Ban(#"\bFileHandle\.standard(Output|Error|Input)|AtPath\b"#, "use Console, InputFile, LogFile"),
    Ban(#"\.write\(to(File:|: (?!&))|\bcreateFile\("#, "use OutputFile or LogFile"),
    Ban(#"\bData\(contentsOf:"#, "use InputFile with a limit"),
    Ban(#"\bjsonObject\(with:|\bJSONDecoder\b"#, "use JSONDocument"),
  ]

  /// Executables measure real time and print; they hold no logic.
  private static let executables = ["livesync", "livesync-bench"]

  static let bans: [TidyRule] = [
    TidyRule(
      "nondeterminism",
      planted: [
        "  Task { await run() }", "  Task(priority: .high) {}", "  let t = Task<Void, Never> {}",
        "  Task.detached {}", "  try await Task.sleep(for: .seconds(1))", "@MainActor func f() {}",
        "  DispatchQueue.main.async {}", "  let now = Date()", "  let now = Date.now",
        "  let clock = ContinuousClock()", "  let x = Int.random(in: 0..<3)",
        "  let x = list.randomElement()", "  list.shuffle()", "  let l = list.shuffled()",
        "  var g = SystemRandomNumberGenerator()", "  sum += key.hashValue", "  usleep(5)",
        "  let id = UUID()",
      ].map { ("Sources/Ledger/A.swift", "// Task\n" + $0 + "\n") },
      innocent: [
        ("Sources/Runtime/A.swift", "Task.detached {}\n"),
        ("Sources/Ledger/A.swift", "// Task { Date() }\nlet s = \"Task { \\(Date2()) }\"\n"),
        ("Sources/Ledger/A.swift", "withTaskGroup { await Task.yield() }\nTask.isCancelled\n"),
        ("Sources/Ledger/A.swift", "list.shuffle(using: &stream)\nlet updateDate = 1\n"),
        ("Sources/Ledger/A.swift", "func hash(into hasher: inout Hasher) {}\n"),
        ("Sources/livesync-bench/A.swift", "let clock = ContinuousClock()\n"),
        ("Tests/LedgerTests/A.swift", "Task {}\n"),
      ]
    ) { file in
      guard let room = file.room, room != "Runtime", !executables.contains(room) else { return [] }
      return matches(file, nondeterminism)
    },
    TidyRule(
      "traps",
      planted: ["let x = try! f()", "let x = y as! Int", "fatalError(\"no\")"].map {
        ("Sources/Ledger/A.swift", $0 + "\n")
      },
      innocent: [
        ("Sources/Ledger/A.swift", "let x = try? f() // never try!\nlet y = x as? Int\n"),
        ("Tests/LedgerTests/A.swift", "let x = try! f()\n"),
        ("Sources/livesync-bench/A.swift", "let x = try! f()\n"),
      ]
    ) { file in
      file.isSource && file.room != "livesync-bench" ? matches(file, traps) : []
    },
    TidyRule(
      "printing",
      planted: [
        ("Sources/Ledger/A.swift", "  print(\"x\")\n"),
        ("Sources/livesync/A.swift", "print(\"x\")\n"),
        ("Sources/livesync-bench/A.swift", "  fputs(\"x\", stderr)\n"),
        ("Sources/livesync/A.swift", "FileHandle.standardError.write(data)\n"),
        ("Sources/livesync/A.swift", "let a = FileHandle(forReadingAtPath: path)\n"),
        ("Sources/livesync/A.swift", "try data.write(to: url, options: .atomic)\n"),
        ("Sources/livesync-bench/A.swift", "try text.write(toFile: path, atomically: true)\n"),
        ("Sources/livesync-bench/A.swift", "let a = try Data(contentsOf: url)\n"),
        ("Sources/livesync/A.swift", "FileManager.default.createFile(atPath: path)\n"),
        ("Sources/Simulation/A.swift", "let a = try JSONSerialization.jsonObject(with: data)\n"),
        ("Sources/livesync-bench/A.swift", "let a = try JSONDecoder().decode(A.self, from: b)\n"),
      ],
      innocent: [
        ("Sources/Ledger/A.swift", "blueprint(x)\nprecondition(x)\nself.print(x)\n"),
        ("Sources/livesync/A.swift", "Console.print(\"x\")\nfile.write(bytes)\n"),
        ("Sources/Streams/A.swift", "print(\"x\")\n"),
        ("Tests/LedgerTests/A.swift", "print(\"x\")\n"),
        ("Sources/livesync/A.swift", "JSONSerialization.data(withJSONObject: object)\n"),
      ]
    ) { file in
      guard let room = file.room, room != "Streams" else { return [] }
      return matches(file, unchecked)
    },
    TidyRule(
      "locks",
      planted: [
        ("Sources/Ledger/A.swift", "  let state = Mutex(State())\n"),
        ("Tests/LedgerTests/A.swift", "  let open = Mutex<Int>(0)\n"),
      ],
      innocent: [
        ("Sources/Ledger/A.swift", "let state = Lock(State()) // no Mutex\n"),
        ("Sources/Locking/A.swift", "public typealias Lock = Mutex\n"),
      ]
    ) { file in
      guard file.isSwift, file.room != "Locking" else { return [] }
      return matches(file, [Ban(#"\bMutex\b"#, "use Lock, which ThreadSanitizer knows")])
    },
    TidyRule(
      "iteration order",
      planted: [
        ("Sources/Ledger/A.swift", "for key in table.keys {\n"),
        ("Sources/Ledger/A.swift", "for value in self.table.values where value > 1 {\n"),
        ("Sources/Ledger/A.swift", "let list = Array(table.keys)\n"),
      ],
      innocent: [
        ("Sources/Ledger/A.swift", "for key in table.keys.sorted() {\n"),
        ("Sources/Ledger/A.swift", "let list = Array(table.keys).sorted()\n"),
        ("Sources/Ledger/A.swift", "let sum = table.values.reduce(0, +)\n"),
      ]
    ) { file in
      guard file.isSource else { return [] }
      let order = "sort first: the order of a Dictionary or Set differs by process"
      return matches(
        file,
        [
          Ban(#"\bfor\b.*\bin\b.*\.(keys|values)\s*(\{|where\b)"#, order),
          Ban(#"\bArray\([\w.]+\.(keys|values)\)(?!\.sort)"#, order),
        ])
    },
  ]

  private static func matches(_ file: SourceFile, _ bans: [Ban]) -> [(Int, String)] {
    var found: [(Int, String)] = []
    for ban in bans {
      let pattern = ban.pattern()
      for (index, line) in file.code.enumerated() {
        if let match = line.firstMatch(of: pattern) {
          let construct = line[match.range].filter { $0 != " " }
          found.append((index, "`\(construct)`: \(ban.replacement)"))
        }
      }
    }
    return found
  }
}
