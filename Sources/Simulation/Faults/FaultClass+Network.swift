import Networking
import Runtime
import SimulatedNetworking

/// What goes wrong between nodes.
extension FaultClass {
  private static let perMillion = 1...1_000_000

  static let network: [FaultClass] = [
    .init(
      "latency", .network, .link, "the link takes longer",
      amount: .init("ms", 1...600_000, drawn: 50...3_000), lasts: 500...15_000
    ) { fault, world, fired in
      fired()
      return world.board.change(from: fault.from, to: fault.to) {
        $0.latency += .milliseconds(fault.amount)
      }
    },
    .init(
      "jitter", .network, .link, "its time varies, with this mean",
      amount: .init("ms", 1...60_000, drawn: 20...1_500), lasts: 500...15_000
    ) { fault, world, fired in
      fired()
      return world.board.change(from: fault.from, to: fault.to) {
        $0.jitterMean += .milliseconds(fault.amount)
      }
    },
    .init(
      "loss", .network, .link, "messages vanish",
      amount: .init("in a million", perMillion, drawn: 20_000...900_000), lasts: 500...15_000
    ) { fault, world, fired in
      fired()
      return world.board.change(from: fault.from, to: fault.to) {
        $0.lossPerMillion = min(1_000_000, $0.lossPerMillion + fault.amount)
      }
    },
    .init(
      "duplicate", .network, .link, "messages arrive twice",
      amount: .init("in a million", perMillion, drawn: 20_000...900_000), lasts: 500...15_000
    ) { fault, world, fired in
      fired()
      return world.board.change(from: fault.from, to: fault.to) {
        $0.duplicatePerMillion = min(1_000_000, $0.duplicatePerMillion + fault.amount)
      }
    },
    .init(
      "reorder", .network, .link, "every second message is held back this long",
      amount: .init("ms", 1...60_000, drawn: 20...2_000), lasts: 500...15_000
    ) { fault, world, fired in
      var isSecond = false
      return world.board.intercept(fault.from) { message in
        guard message.direction == .outgoing, message.peer == fault.to else { return .pass }
        isSecond.toggle()
        if isSecond { return .pass }
        fired()
        return .delay(.milliseconds(fault.amount))
      }
    },
    .init(
      "clog", .network, .link, "messages wait until it is over", lasts: 200...6_000
    ) { fault, world, fired in
      let end = Moment.start.advanced(by: .milliseconds(fault.end))
      return world.board.intercept(fault.from) { message in
        guard message.direction == .outgoing, message.peer == fault.to, world.runtime.now < end
        else { return .pass }
        fired()
        return .delay(world.runtime.now.duration(to: end))
      }
    },
    .init(
      "partition", .network, .link, "nothing gets through, and nobody is told",
      lasts: 500...12_000
    ) { fault, world, fired in
      fired()
      return world.board.block(from: fault.from, to: fault.to)
    },
    .init(
      "isolate", .network, .node, "nothing gets to or from the node, and nobody is told",
      lasts: 500...12_000
    ) { fault, world, fired in
      fired()
      let undos = world.everyone.filter { $0 != fault.from }.flatMap { other in
        [
          world.board.block(from: fault.from, to: other),
          world.board.block(from: other, to: fault.from),
        ]
      }
      return { for undo in undos { undo() } }
    },
    .init(
      "disconnect", .network, .link,
      "the connection breaks once a request has been sent over it, and is back when it is over",
      lasts: 200...8_000
    ) { fault, world, fired in
      var isCut = false
      let undo = world.board.intercept(fault.from) { message in
        guard message.direction == .outgoing, message.peer == fault.to, !isCut,
          case .request = message.kind
        else { return .pass }
        isCut = true
        fired()
        // Half of a round trip later, so that the request has left.
        world.runtime.schedule(after: .milliseconds(25)) {
          world.board.disconnect(fault.from, fault.to)
        }
        return .pass
      }
      return {
        undo()
        // Never before the cut itself.
        world.runtime.schedule(after: .milliseconds(30)) {
          if isCut { world.board.connect(fault.from, fault.to) }
        }
      }
    },
    .init(
      "late_answer", .network, .peer, "answers leave this much later, most after their requests",
      amount: .init("ms", 1...600_000, drawn: 1_000...30_000), lasts: 500...15_000
    ) { fault, world, fired in
      world.board.intercept(fault.from) { message in
        guard message.direction == .outgoing, case .response = message.kind else { return .pass }
        fired()
        return .delay(.milliseconds(fault.amount))
      }
    },
    .init(
      "full_queue", .network, .node, "at most so many bytes wait at its lines, more are dropped",
      amount: .init("bytes", 1...1 << 30, drawn: 1_000...40_000), lasts: 500...12_000
    ) { fault, world, fired in
      fired()
      return world.board.change(fault.from) {
        $0.queueBytesMax = min($0.queueBytesMax, fault.amount)
      }
    },
    .init(
      "thin_line", .network, .node, "it sends and receives no more than this",
      amount: .init("bytes/s", 1_000...1_000_000_000, drawn: 8_000...200_000),
      lasts: 500...15_000
    ) { fault, world, fired in
      fired()
      return world.board.change(fault.from) {
        $0.uploadBytesPerSecond = min($0.uploadBytesPerSecond ?? .max, fault.amount)
        $0.downloadBytesPerSecond = min($0.downloadBytesPerSecond ?? .max, fault.amount)
      }
    },
  ]
}
