import Foundation

/// Where and with what a report was measured.
struct Machine: Encodable {
  let cpu: String
  let cores: Int
  let memoryGB: Double
  let system: String
  let swift: String
  let commit: String

  init() {
    cpu =
      Self.field("/proc/cpuinfo", "model name", separator: ":") ?? "unknown processor"
    cores = ProcessInfo.processInfo.activeProcessorCount
    memoryGB = (Double(ProcessInfo.processInfo.physicalMemory) / 1e8).rounded() / 10
    let name = Self.field("/etc/os-release", "PRETTY_NAME", separator: "=")
    let kernel = (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)) ?? ""
    system =
      (name ?? "unknown system") + ", kernel "
      + kernel.trimmingCharacters(in: .whitespacesAndNewlines)
    #if compiler(>=6.4)
      swift = "6.4 or later"
    #elseif compiler(>=6.3)
      swift = "6.3"
    #else
      swift = "6.2"
    #endif
    commit = ProcessInfo.processInfo.environment["LIVESYNC_COMMIT"] ?? "unknown"
  }

  /// The value of the first line of a text file that begins with `name`.
  private static func field(_ file: String, _ name: String, separator: Character) -> String? {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
    let value = line?.split(separator: separator, maxSplits: 1).last
    return value?.trimmingCharacters(in: CharacterSet(charactersIn: " \"\t"))
  }
}
