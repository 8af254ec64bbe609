import Glibc
import HTTPServer
import Monitoring
import Runtime

/// Serves the page and the documents of a node that exists only as numbers, at the port that is
/// given first (0 for any), as `syncing` or `following`; prints the port, and ends when its input
/// does. For looking at the page, and for checks by other programs.
@main struct Main {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    let runtime = SystemRuntime()
    let watch = EventWatch(runtime: runtime)
    let server = MonitoringServer(
      port: arguments.first.flatMap { UInt16($0) } ?? 0, runtime: runtime, watch: watch,
      source: SampleNode(
        arguments.contains("following") ? SampleNode.following : SampleNode.syncing,
        moving: runtime))
    do throws(HTTPServerError) {
      try server.start()
    } catch {
      print(error)
      exit(1)
    }
    print(server.port ?? 0)
    fflush(nil)
    while let line = readLine(strippingNewline: false) { watch.publish(Array(line.utf8)) }
    server.stop()
  }
}
